package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static final int VOCABULARY = 1_000;
  private static final double MAX = Math.log(VOCABULARY) + 1;

  /** The step at which it is found, 0 if it is not; steps from 1 on. */
  private static int found(long warmUp, List<Double> losses) {
    Divergence divergence = Divergence.of(VOCABULARY, warmUp);
    for (int step = 1; step <= losses.size(); step++) {
      divergence = divergence.after(step, losses.get(step - 1));
      if (divergence.found()) {
        return step;
      }
    }
    return 0;
  }

  /** The same, said of the whole list at once. */
  private static int expected(int warmUp, List<Double> losses) {
    for (int end = 50; end <= losses.size(); end++) {
      int from = end - 50;
      boolean known = from >= warmUp || losses.subList(0, from).stream().anyMatch(l -> l <= MAX);
      if (known && losses.subList(from, end).stream().allMatch(l -> l > MAX)) {
        return end;
      }
    }
    return 0;
  }

  /** Rows of any length, above and below by turns, around and after the warm-up. */
  @Property(tries = 500)
  void isFoundAtTheFiftiethOfARow(
      @ForAll @IntRange(max = 150) int warmUp,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 70) Integer> rows,
      @ForAll boolean begunAbove,
      @ForAll @DoubleRange(min = 0.01, max = 20) double margin) {
    List<Double> losses = new ArrayList<>();
    boolean above = begunAbove;
    for (int row : rows) {
      for (int i = 0; i < row; i++) {
        losses.add(above ? MAX + margin : MAX - margin);
      }
      above = !above;
    }
    assertThat(found(warmUp, losses)).isEqualTo(expected(warmUp, losses));
  }

  private static List<Double> repeated(int times, double loss) {
    return Collections.nCopies(times, loss);
  }

  @Test
  void theBoundaries() {
    assertThat(found(0, repeated(49, Math.nextUp(MAX)))).isZero();
    assertThat(found(0, repeated(50, Math.nextUp(MAX)))).isEqualTo(50);
    assertThat(found(0, repeated(1_000, MAX))).as("exactly the limit").isZero();
  }

  /** A model of other text may begin far above; while it warms up it has hardly been moved. */
  @Test
  void aBadBeginningIsForgivenUntilTheWarmUpEnds() {
    assertThat(found(500, repeated(549, 30))).isZero();
    assertThat(found(500, repeated(550, 30))).isEqualTo(550);
  }
}
