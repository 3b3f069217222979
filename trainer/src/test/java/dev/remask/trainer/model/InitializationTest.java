package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.remask.trainer.ModelShape;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InitializationTest {
  private static final ModelShape SHAPE = new ModelShape(2, 64, 2, 128, 300, 40);
  private static final Layout LAYOUT = new Layout(SHAPE);

  @Test
  void matricesHaveTheirDeviationsAndVectorsTheirConstants() {
    float[] start = start(Initialization.SHORT_RUN, 3);
    for (Layout.Tensor tensor : LAYOUT.tensors()) {
      double deviation = deviation(start, tensor);
      if (tensor.name().contains(".self.") && tensor.shape().size() == 2) {
        assertThat(deviation).as(tensor.name()).isCloseTo(0.12, within(0.005));
      } else if (tensor.name().equals(Layout.POSITIONS)) {
        assertThat(deviation).isBetween(0.06, 0.08);
      } else if (tensor.shape().size() == 2 && !tensor.name().equals(Layout.TYPES)) {
        assertThat(deviation).as(tensor.name()).isCloseTo(0.05, within(0.002));
      } else {
        float expected = tensor.name().endsWith("orm.weight") ? 1 : 0;
        assertThat(start[tensor.offset()]).as(tensor.name()).isEqualTo(expected);
        assertThat(start[tensor.offset() + tensor.length() - 1]).isEqualTo(expected);
      }
    }
  }

  /** The root mean square, over the positions in use for the position table. */
  private static double deviation(float[] start, Layout.Tensor tensor) {
    return Math.sqrt(
        IntStream.range(tensor.offset(), tensor.offset() + tensor.length())
            .mapToDouble(i -> (double) start[i] * start[i])
            .average()
            .orElseThrow());
  }

  @Test
  void everySeedStartsElsewhereAndEverySeedStartsTheSame() {
    assertThat(start(Initialization.ROBERTA, 1)).isEqualTo(start(Initialization.ROBERTA, 1));
    assertThat(start(Initialization.ROBERTA, 1)).isNotEqualTo(start(Initialization.ROBERTA, 2));
  }

  @Test
  void positionsThatAreNeverReadStayZero() {
    float[] start = start(Initialization.ROBERTA, 1);
    int offset = LAYOUT.tensor(Layout.POSITIONS).offset();
    for (int i = 0; i < 2 * SHAPE.hidden(); i++) {
      assertThat(start[offset + i]).isZero();
    }
    assertThat(start[offset + 2 * SHAPE.hidden()]).isNotZero();
  }

  /** The first outputs of SplitMix64 for the state 1234567, from its authors' code. */
  @Test
  void splitMix64IsThePublishedGenerator() {
    long state = 1234567;
    long[] expected = {6457827717110365317L, 3203168211198807973L, -8629252141511181193L};
    for (long value : expected) {
      state += SplitMix64.GOLDEN_GAMMA;
      assertThat(SplitMix64.mix(state)).isEqualTo(value);
    }
  }

  @Test
  void settingsNameWhatIsWrong() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Initialization(-1, 0, 0))
        .withMessageContaining("attentionStd = -1.0; allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AdamW(1, 0.9, 1e-6, 0, 0))
        .withMessageContaining("beta1 = 1.0; allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Settings(Initialization.ROBERTA, AdamW.ROBERTA, 1, 0, 1, 1))
        .withMessageContaining("dropout = 1.0; allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Settings(Initialization.ROBERTA, AdamW.ROBERTA, 0, 0, 0, 1))
        .withMessageContaining("workers = 0; allowed");
  }

  private static float[] start(Initialization initialization, long seed) {
    try (Arena arena = new Arena()) {
      Floats flat = arena.floats(LAYOUT.length);
      initialization.fill(flat, LAYOUT, seed);
      return flat.toArray();
    }
  }
}
