package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The masks as a random experiment. Bounds are of five standard deviations. */
class DropoutTest {
  private static final int ELEMENTS = 1 << 17; // a head's of 362 tokens, or a row of a large layer
  private static final double SIGMAS = 5;

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.1, 0.5, 0.9})
  void dropsAtItsRateAtEverySite(double rate) {
    Dropout dropout = new Dropout(rate, 7);
    for (int site = 0; site < 40; site++) {
      Dropout.Mask mask = dropout.mask(dropout.key(3, 1, 0, 12), site);
      long dropped = IntStream.range(0, ELEMENTS).filter(i -> mask.factor(i) == 0).count();
      assertThat(dropped / (double) ELEMENTS).isBetween(rate - error(rate), rate + error(rate));
      assertThat(mask.scale()).isEqualTo((float) (1 / (1 - rate)));
    }
  }

  @Test
  void aRateNextToOneDropsAllButNoRateOfOneIsTaken() {
    Dropout.Mask mask = new Dropout(Math.nextDown(1.0), 7).mask(11, 2);
    assertThat(IntStream.range(0, ELEMENTS).filter(i -> mask.factor(i) != 0)).isEmpty();
    for (double rate : new double[] {1, 2, -0.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Dropout(rate, 7))
          .withMessage("dropout = " + rate + "; allowed: [0, 1)");
    }
  }

  private static double error(double rate) {
    return SIGMAS * Math.sqrt(rate * (1 - rate) / ELEMENTS);
  }

  /** Neighbours in a row, in a column, at another site, in another example and another step. */
  @Test
  void elementsAreIndependent() {
    double rate = 0.1;
    Dropout dropout = new Dropout(rate, 7);
    for (long sequence = 0; sequence < 8; sequence++) {
      Dropout.Mask mask = dropout.mask(dropout.key(3, 1, 0, sequence), 2);
      for (int lag : new int[] {1, 2, 3, 16, 64, 128, 256, 768, 1024, 4096, 65_536}) {
        together(mask, mask, lag, rate);
      }
      together(mask, dropout.mask(dropout.key(3, 1, 0, sequence), 3), 0, rate);
      together(mask, dropout.mask(dropout.key(3, 1, 0, sequence + 1), 2), 0, rate);
      together(mask, dropout.mask(dropout.key(3, 1, 1, sequence), 2), 0, rate);
      together(mask, dropout.mask(dropout.key(4, 1, 0, sequence), 2), 0, rate);
    }
  }

  private static void together(Dropout.Mask a, Dropout.Mask b, int lag, double rate) {
    long both =
        IntStream.range(0, ELEMENTS)
            .filter(i -> a.factor(i) == 0 && b.factor(i + lag) == 0)
            .count();
    double square = rate * rate;
    assertThat(both / (double) ELEMENTS)
        .as("lag " + lag)
        .isBetween(square - error(square), square + error(square));
  }

  @Test
  void noTwoPlacesShareAMask() {
    Dropout dropout = new Dropout(0.1, 7);
    Set<Dropout.Mask> masks = new HashSet<>();
    int places = 0;
    for (int step = 1; step <= 5; step++) {
      for (int partition = 0; partition < 5; partition++) {
        for (long sequence = 0; sequence < 50; sequence++) {
          for (int site = 0; site < 20; site++) {
            masks.add(dropout.mask(dropout.key(step, 2, partition, sequence), site));
            places++;
          }
        }
      }
    }
    assertThat(masks).hasSize(places);
  }

  /** Worked out apart from this code: the masks of runs that go on must stay what they are. */
  @Test
  void goldenMask() {
    Dropout dropout = new Dropout(0.25, 42);
    Dropout.Mask mask = dropout.mask(dropout.key(1, 0, 3, 9), 5);
    StringBuilder kept = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      kept.append(mask.factor(i) == 0 ? '.' : '#');
    }
    assertThat(kept)
        .hasToString("#..####.###.#.####.#.#######..#...###########.#..#.###.#########");
  }

  @Test
  void withoutDropoutEverythingIsKept() {
    Dropout.Mask mask = Dropout.NONE.mask(99, 1);
    assertThat(mask.keepsAll()).isTrue();
    assertThat(IntStream.range(0, 1000).allMatch(i -> mask.factor(i) == 1)).isTrue();
  }
}
