package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.ReplayOrder.Range;
import dev.remask.mlm.ReplayOrder.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ReplayOrderTest {
  @Test
  void everySmallOrderIsTheRotationShuffledInBlocks() {
    for (int code = 0; code < 5 * 5 * 5 * 5; code++) {
      long[] ends = {code % 5, code / 5 % 5, code / 25 % 5, code / 125};
      for (int window = 1; window <= 18; window++) {
        check(ends, window);
      }
    }
  }

  @Test
  void unevenPartitions() {
    check(new long[] {1000, 3, 0, 57, 57, 1}, 64);
    check(new long[] {}, 1);
    check(new long[] {0, 0}, 7);
  }

  private static void check(long[] ends, int window) {
    List<Slot> rotation = rotation(ends);
    ReplayOrder order = new ReplayOrder(1, "d", 2, ends, window);
    assertThat(order.size()).isEqualTo(rotation.size());
    List<Slot> slots = slots(order);
    for (int start = 0; start < slots.size(); start += window) {
      int end = Math.min(start + window, slots.size());
      List<Slot> block = slots.subList(start, end);
      assertThat(new HashSet<>(block)).isEqualTo(new HashSet<>(rotation.subList(start, end)));
      List<Slot> needed = new ArrayList<>();
      for (Range range : order.block(start / window)) {
        assertThat(range.start()).isLessThan(range.end());
        LongStream.range(range.start(), range.end())
            .forEach(sequence -> needed.add(new Slot(range.partition(), sequence)));
      }
      assertThat(needed).hasSameSizeAs(block).containsAll(block);
    }
    assertThat(new HashSet<>(slots)).hasSameSizeAs(slots);
    for (int position = 0; position < slots.size(); position++) {
      assertThat(order.position(slots.get(position))).hasValue(position);
    }
    for (int partition = 0; partition < ends.length; partition++) {
      assertThat(order.position(new Slot(partition, ends[partition]))).isEmpty();
    }
    assertThat(order.position(new Slot(0, -1))).isEmpty();
    assertThat(order.position(new Slot(-1, 0))).isEmpty();
    assertThat(order.position(new Slot(ends.length, 0))).isEmpty();
  }

  /** Invariant 7, word for word. */
  private static List<Slot> rotation(long[] ends) {
    List<Slot> rotation = new ArrayList<>();
    for (long sequence = 0; sequence < Arrays.stream(ends).max().orElse(0); sequence++) {
      for (int partition = 0; partition < ends.length; partition++) {
        if (sequence < ends[partition]) {
          rotation.add(new Slot(partition, sequence));
        }
      }
    }
    return rotation;
  }

  private static List<Slot> slots(ReplayOrder order) {
    return LongStream.range(0, order.size()).mapToObj(order::slot).toList();
  }

  @Test
  void runsDatasetsAndEpochsHaveOrdersOfTheirOwn() {
    long[] ends = {40, 30};
    List<Slot> first = slots(new ReplayOrder(1, "d", 1, ends, 16));
    assertThat(slots(new ReplayOrder(1, "d", 1, ends, 16))).isEqualTo(first);
    assertThat(slots(new ReplayOrder(2, "d", 1, ends, 16))).isNotEqualTo(first);
    assertThat(slots(new ReplayOrder(1, "e", 1, ends, 16))).isNotEqualTo(first);
    assertThat(slots(new ReplayOrder(1, "d", 2, ends, 16))).isNotEqualTo(first);
  }

  @Test
  void positionsMayBeAskedForInAnyOrder() {
    ReplayOrder order = new ReplayOrder(1, "d", 1, new long[] {9, 9}, 4);
    List<Slot> forwards = slots(order);
    for (int position = 17; position >= 0; position--) {
      assertThat(order.slot(position)).isEqualTo(forwards.get(position));
    }
  }

  /** All 24 orders of a block of 4 over 24,000 blocks; 23 degrees of freedom, bound at 1e-6. */
  @Test
  void everyPermutationIsEquallyLikely() {
    ReplayOrder order = new ReplayOrder(3, "d", 1, new long[] {4 * 24_000}, 4);
    int[] seen = new int[256];
    for (long start = 0; start < order.size(); start += 4) {
      int code = 0;
      for (int i = 0; i < 4; i++) {
        code = code * 4 + (int) (order.slot(start + i).sequence() % 4);
      }
      seen[code]++;
    }
    int[] permutations = Arrays.stream(seen).filter(count -> count > 0).toArray();
    assertThat(permutations).hasSize(24);
    double statistic =
        Arrays.stream(permutations).mapToDouble(o -> (o - 1e3) * (o - 1e3) / 1e3).sum();
    assertThat(statistic).isLessThan(72);
  }

  @Test
  void largeEpochsNeedNoMemoryOfTheirSize() {
    long[] ends = {1L << 40, (1L << 40) + 5};
    ReplayOrder order = new ReplayOrder(1, "d", 1, ends, 1000);
    assertThat(order.size()).isEqualTo((1L << 41) + 5);
    assertThat(order.slot(order.size() - 1).sequence()).isGreaterThan((1L << 40) - 600);
  }

  @Test
  void badArgumentsAreNamed() {
    assertThatThrownBy(() -> new ReplayOrder(1, "d", 1, new long[] {1}, 0))
        .hasMessageContaining("window 0");
    assertThatThrownBy(() -> new ReplayOrder(1, "d", 1, new long[] {1, -1}, 1))
        .hasMessageContaining("[1, -1]");
    ReplayOrder order = new ReplayOrder(1, "d", 1, new long[] {5}, 4);
    assertThatThrownBy(() -> order.slot(5)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> order.block(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
