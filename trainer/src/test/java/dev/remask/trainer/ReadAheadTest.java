package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.ReplayOrder;
import dev.remask.mlm.ReplayOrder.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReadAheadTest {
  private static ReplayOrder order(int epoch, List<Integer> ends, int window) {
    return new ReplayOrder(
        3, "d", epoch, ends.stream().mapToLong(Integer::longValue).toArray(), window);
  }

  /** Two epochs through any cut into steps and blocks give the order itself. */
  @Property(tries = 200)
  void theOrderIsThatOfTheReplay(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 60) Integer> ends,
      @ForAll @IntRange(min = 1, max = 50) int window,
      @ForAll @IntRange(min = 1, max = 50) int batch,
      @ForAll @IntRange(max = 20) int rampSteps,
      @ForAll @IntRange(min = 1, max = 50) int rampStart)
      throws Exception {
    long size = ends.stream().mapToLong(Integer::longValue).sum();
    LogicalBatch batches = new LogicalBatch(batch, rampSteps, Math.min(rampStart, batch));
    AtomicLong furthest = new AtomicLong();
    ExampleSource source =
        (epoch, partition, start, end) -> {
          furthest.addAndGet(end - start);
          return FakeFeed.range(epoch, partition, start, end);
        };
    try (ReadAhead ahead =
        new ReadAhead(source, e -> order(e, ends, window), window, batch, () -> {}, () -> false)) {
      long steps = 0;
      for (int epoch = 1; epoch <= 2; epoch++) {
        furthest.set(0);
        List<Slot> learned = new ArrayList<>();
        for (long start = 0; start < size; ) {
          Work.Replay step = Schedule.replayStep(epoch, start, size, batches.at(++steps));
          for (Example example : ahead.examples(step).orElseThrow()) {
            assertThat(example.epoch()).isEqualTo(epoch);
            learned.add(new Slot(example.partition(), example.sequence()));
          }
          start = step.end();
          assertThat(furthest.get()).isLessThanOrEqualTo(start + batch + 2L * window);
        }
        ReplayOrder order = order(epoch, ends, window);
        List<Slot> expected = new ArrayList<>();
        for (long i = 0; i < size; i++) {
          expected.add(order.slot(i));
        }
        assertThat(learned).isEqualTo(expected);
      }
    }
  }

  @Test
  @Timeout(10)
  void theNextBlockIsReadWhileTheLoopLearns() throws Exception {
    CountDownLatch secondBlock = new CountDownLatch(1);
    ExampleSource source =
        (epoch, partition, start, end) -> {
          if (start >= 10) {
            secondBlock.countDown();
          }
          return FakeFeed.range(epoch, partition, start, end);
        };
    try (ReadAhead ahead =
        new ReadAhead(source, e -> order(e, List.of(30), 10), 10, 2, () -> {}, () -> false)) {
      assertThat(ahead.examples(new Work.Replay(1, 0, 2)).orElseThrow()).hasSize(2);
      secondBlock.await();
    }
  }

  @Test
  @Timeout(10)
  void aStopEndsTheWait() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    AtomicBoolean interrupted = new AtomicBoolean();
    ExampleSource blocked =
        (epoch, partition, start, end) -> {
          stop.set(true);
          try {
            Thread.sleep(60_000);
          } catch (InterruptedException e) {
            interrupted.set(true);
            throw e;
          }
          return List.of();
        };
    try (ReadAhead ahead =
        new ReadAhead(blocked, e -> order(e, List.of(30), 10), 10, 2, () -> {}, stop::get)) {
      assertThat(ahead.examples(new Work.Replay(1, 0, 2))).isEmpty();
    }
    assertThat(interrupted).isTrue();
  }

  /** Who waits for examples that were deleted must hear of it. */
  @Test
  @Timeout(10)
  void whatIsAskedMeanwhileEndsTheWait() {
    ExampleSource blocked =
        (epoch, partition, start, end) -> {
          Thread.sleep(60_000);
          return List.of();
        };
    Runnable deleted =
        () -> {
          throw new IllegalStateException("the run was deleted");
        };
    try (ReadAhead ahead =
        new ReadAhead(blocked, e -> order(e, List.of(30), 10), 10, 2, deleted, () -> false)) {
      assertThatThrownBy(() -> ahead.examples(new Work.Replay(1, 0, 2)))
          .hasMessage("the run was deleted");
    }
  }

  @Test
  @Timeout(10)
  void aFailureOfTheSourceReachesTheLoop() {
    ExampleSource broken =
        (epoch, partition, start, end) -> {
          throw new IllegalStateException("a gap");
        };
    try (ReadAhead ahead =
        new ReadAhead(broken, e -> order(e, List.of(30), 10), 10, 2, () -> {}, () -> false)) {
      assertThatThrownBy(() -> ahead.examples(new Work.Replay(1, 0, 2)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a gap");
    }
  }
}
