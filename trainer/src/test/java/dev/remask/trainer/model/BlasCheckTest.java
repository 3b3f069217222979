package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.remask.trainer.model.BlasCheck.Processor;
import java.util.List;
import org.junit.jupiter.api.Test;

class BlasCheckTest {
  private static final Processor AVX_512 =
      Processor.of(
          List.of("model name\t: X", "cpu MHz\t\t: 2500.000", "flags\t\t: fpu fma avx512f"));
  private static final Processor AVX_2 =
      Processor.of(List.of("cpu MHz\t\t: 3000.000", "flags\t\t: fpu avx2 fma"));

  @Test
  void theBlasInUseIsRight() {
    BlasCheck.once();
  }

  @Test
  void aWrongElementIsSeen() {
    try (Arena arena = new Arena()) {
      BlasCheck.Product wrong =
          (m, n, k, a, b, c) -> {
            Blas.multiplyTransposed(m, n, k, 1, a.at(0), k, b.at(0), k, 0, c.at(0), n);
            c.increase(m * n - 1, 0.01f);
          };
      assertThatIllegalStateException()
          .isThrownBy(() -> BlasCheck.requireRight(arena, wrong))
          .withMessageContaining("multiplies wrongly")
          .withMessageContaining("element " + (67 * 97 - 1));
      BlasCheck.Product nothing = (m, n, k, a, b, c) -> c.set(0, Float.NaN);
      assertThatIllegalStateException()
          .isThrownBy(() -> BlasCheck.requireRight(arena, nothing))
          .withMessageContaining("element 0 of a product is NaN");
    }
  }

  @Test
  void aSlowCoreIsNamed() {
    assertThat(AVX_512.peak()).isEqualTo(80);
    assertThat(AVX_2.peak()).isEqualTo(48);
    assertThat(BlasCheck.hint(41, AVX_512, null)).isEmpty();
    assertThat(BlasCheck.hint(39, AVX_512, null))
        .hasValueSatisfying(hint -> assertThat(hint).contains("39", "80", "SkylakeX"));
    assertThat(BlasCheck.hint(20, AVX_2, null))
        .hasValueSatisfying(hint -> assertThat(hint).contains("20", "48", "Haswell"));
    assertThat(BlasCheck.hint(41, AVX_512, "Haswell")).isEmpty();
    assertThat(BlasCheck.hint(39, AVX_512, "Haswell"))
        .hasValueSatisfying(
            hint -> assertThat(hint).contains("39", "80", "OPENBLAS_CORETYPE=Haswell makes"));
  }

  @Test
  void anUnknownProcessorGivesNoHint() {
    assertThat(BlasCheck.hint(0.1, Processor.of(List.of("Features : asimd")), null)).isEmpty();
    for (String odd : List.of("", "unknown", "2.5 GHz", "NaN", "Infinity", "-1")) {
      Processor processor = Processor.of(List.of("flags\t: fma", "cpu MHz\t\t: " + odd));
      assertThat(processor).as(odd).isEqualTo(new Processor(16, 0));
      assertThat(BlasCheck.hint(0.1, processor, null)).as(odd).isEmpty();
    }
  }
}
