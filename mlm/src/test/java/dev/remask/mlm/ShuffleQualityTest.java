package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.ReplayOrder.Slot;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShuffleQualityTest {
  private static ReplayOrder order(int epoch, long[] ends, int window) {
    return new ReplayOrder(7, "d", epoch, ends, window);
  }

  /** Segment by segment and pair by pair, by the slots alone. */
  @Property(tries = 200)
  void isWhatCountingGives(
      @ForAll @IntRange(max = 30) int first,
      @ForAll @IntRange(max = 30) int second,
      @ForAll @IntRange(min = 1, max = 40) int window,
      @ForAll @IntRange(min = 1, max = 12) int batch) {
    long[] ends = {first, second};
    ReplayOrder one = order(1, ends, window);
    ReplayOrder other = order(2, ends, window);
    ShuffleQuality quality = ShuffleQuality.of(one, other, batch);
    int size = first + second;
    List<Slot> log = slots(order(1, ends, 1));
    List<Slot> places = slots(one);
    Map<Slot, Integer> again = new HashMap<>();
    slots(other).forEach(slot -> again.put(slot, again.size()));
    double moved =
        IntStream.range(0, size).mapToDouble(i -> Math.abs(i - log.indexOf(places.get(i)))).sum();
    double pairs = 0;
    double together = 0;
    for (int i = 0; i < size; i++) {
      for (int j = i + 1; j < size && j / batch == i / batch; j++) {
        pairs++;
        together += again.get(places.get(i)) / batch == again.get(places.get(j)) / batch ? 1 : 0;
      }
    }
    assertThat(quality.segments()).isEqualTo(size);
    assertThat(quality.sampled()).isEqualTo(size);
    assertThat(quality.displacement()).isCloseTo(size == 0 ? 0 : moved / size, within(1e-9));
    assertThat(quality.together()).isCloseTo(pairs == 0 ? 0 : together / pairs, within(1e-9));
    assertThat(quality.correlation())
        .isCloseTo(
            correlation(
                IntStream.range(0, size).mapToDouble(i -> i).toArray(),
                places.stream().mapToDouble(again::get).toArray()),
            within(1e-9));
  }

  private static double correlation(double[] x, double[] y) {
    double meanX = IntStream.range(0, x.length).mapToDouble(i -> x[i]).average().orElse(0);
    double meanY = IntStream.range(0, y.length).mapToDouble(i -> y[i]).average().orElse(0);
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (int i = 0; i < x.length; i++) {
      xx += (x[i] - meanX) * (x[i] - meanX);
      yy += (y[i] - meanY) * (y[i] - meanY);
      xy += (x[i] - meanX) * (y[i] - meanY);
    }
    return xx == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }

  private static List<Slot> slots(ReplayOrder order) {
    return LongStream.range(0, order.size()).mapToObj(order::slot).toList();
  }

  @Test
  void oneBlockIsAFullShuffle() {
    long[] ends = {5_000, 5_000};
    ShuffleQuality quality = ShuffleQuality.of(order(1, ends, 10_000), order(2, ends, 10_000), 100);
    assertThat(quality.displacement()).isCloseTo(quality.fullDisplacement(), within(100.0));
    assertThat(quality.correlation()).isCloseTo(0, within(0.04)); // four deviations, 1 / sqrt(N)
    assertThat(quality.together()).isCloseTo(quality.fullTogether(), within(0.001));
  }

  @Test
  void blocksKeepTheCoarseOrder() {
    long[] ends = {50_000, 50_000};
    ShuffleQuality quality = ShuffleQuality.of(order(1, ends, 10_000), order(2, ends, 10_000), 100);
    assertThat(quality.displacement()).isCloseTo(10_000 / 3.0, within(50.0));
    assertThat(quality.correlation()).isCloseTo(1 - 0.1 * 0.1, within(0.001)); // 1 - (W / N)²
    assertThat(quality.together()).isCloseTo(99.0 / 9_999, within(0.0005));
  }

  /** A sample of whole blocks is told as one. */
  @Test
  void aLongLogIsSampled() {
    long[] ends = {3_000_000_000L};
    ShuffleQuality quality = ShuffleQuality.of(order(1, ends, 4096), order(2, ends, 4096), 256);
    assertThat(quality.segments()).isEqualTo(3_000_000_000L);
    assertThat(quality.sampled()).isEqualTo(1 << 20);
    assertThat(quality.displacement()).isCloseTo(4096 / 3.0, within(10.0));
    assertThat(quality.correlation()).isCloseTo(1, within(1e-6));
  }

  @Test
  void ordersOfDifferentEpochsOnlyOfOneRun() {
    assertThatThrownBy(
            () -> ShuffleQuality.of(order(1, new long[] {3}, 2), order(2, new long[] {4}, 2), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 and 4");
  }
}
