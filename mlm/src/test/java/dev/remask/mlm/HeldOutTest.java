package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class HeldOutTest {
  /** SHA-256("abc") starts ba7816bf8f01cfea: 0xeacf018fbf1678ba mod 1000 is 874. */
  @Test
  void theHashDecides() {
    assertThat(HeldOut.contains("abc", 874)).isFalse();
    assertThat(HeldOut.contains("abc", 875)).isTrue();
  }

  @Property
  void aLargerShareHoldsOutTheSameAndMore(
      @ForAll String id, @ForAll @IntRange(min = 0, max = 999) int permille) {
    assertThat(HeldOut.contains(id, 0)).isFalse();
    assertThat(HeldOut.contains(id, 1000)).isTrue();
    if (HeldOut.contains(id, permille)) {
      assertThat(HeldOut.contains(id, permille + 1)).isTrue();
    }
  }

  /** 5 sigma of 100,000 ids: 6e-7. */
  @Test
  void theShareIsMet() {
    double share =
        IntStream.range(0, 100_000).filter(i -> HeldOut.contains("document-" + i, 10)).count()
            / 1e5;
    assertThat(share).isCloseTo(0.01, within(5 * Math.sqrt(0.01 * 0.99 / 1e5)));
  }

  @Test
  void badSharesAreNamed() {
    assertThatThrownBy(() -> HeldOut.contains("x", -1)).hasMessageContaining("-1 permille");
    assertThatThrownBy(() -> HeldOut.contains("x", 1001)).hasMessageContaining("1001 permille");
  }
}
