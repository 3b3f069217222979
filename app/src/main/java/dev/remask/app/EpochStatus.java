package dev.remask.app;

import dev.remask.schemas.PlannedEpoch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Where an epoch is.
 *
 * @param state {@code live} for the live lane; a replay is {@code planned}, then {@code running},
 *     {@code masked} when all its examples are in the log, and {@code learned}
 * @param examples of a replay; null for the live lane, whose end is open
 * @param totalByPartition what is to be masked; in the live lane the segments that are there now
 */
record EpochStatus(
    int epoch,
    String state,
    @Nullable Long examples,
    long masked,
    long learned,
    List<Long> maskedByPartition,
    List<Long> totalByPartition) {
  /** More on a line would not be read. */
  private static final int SHOWN_PARTITIONS_MAX = 16;

  /**
   * All epochs of a run. Replays run one after another, so only the live lane and the first replay
   * that is not done are looked at, however many there are.
   *
   * @param segments sequence after the last, per partition
   * @param learned examples by epoch
   * @param look how much of an epoch is masked, per partition
   */
  static List<EpochStatus> of(
      Collection<PlannedEpoch> epochs,
      long[] segments,
      Map<Integer, Long> learned,
      Function<PlannedEpoch, long[]> look) {
    List<EpochStatus> states = new ArrayList<>();
    boolean later = false;
    for (PlannedEpoch epoch : epochs) {
      long examples = learned.getOrDefault(epoch.epoch(), 0L);
      List<Long> ends = epoch.plan().getEnds();
      if (ends == null) {
        states.add(live(epoch.epoch(), list(look.apply(epoch)), list(segments), examples));
      } else if (epoch.done() || later) {
        List<Long> masked = later ? Collections.nCopies(ends.size(), 0L) : ends;
        states.add(replay(epoch, masked, ends, examples));
      } else {
        states.add(replay(epoch, list(look.apply(epoch)), ends, examples));
        later = true;
      }
    }
    return states;
  }

  private static EpochStatus live(int epoch, List<Long> masked, List<Long> there, long learned) {
    // What was masked after the segments were counted was there as well.
    List<Long> total =
        IntStream.range(0, there.size())
            .mapToObj(p -> Math.max(there.get(p), masked.get(p)))
            .toList();
    return new EpochStatus(epoch, "live", null, sum(masked), learned, masked, total);
  }

  private static EpochStatus replay(
      PlannedEpoch epoch, List<Long> masked, List<Long> ends, long learned) {
    long examples = sum(ends);
    String state =
        learned == examples
            ? "learned"
            : epoch.done() ? "masked" : sum(masked) > 0 ? "running" : "planned";
    return new EpochStatus(epoch.epoch(), state, examples, sum(masked), learned, masked, ends);
  }

  private static List<Long> list(long[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  private static long sum(List<Long> numbers) {
    return numbers.stream().mapToLong(Long::longValue).sum();
  }

  /** For people; per partition only while it runs. */
  String line() {
    return String.format(
        Locale.ROOT,
        "epoch %-4d %-8s %,d of %,d masked, %,d learned%s",
        epoch,
        state,
        masked,
        sum(totalByPartition),
        learned,
        state.equals("running") ? "; by partition " + byPartition() : "");
  }

  private String byPartition() {
    int shown = Math.min(totalByPartition.size(), SHOWN_PARTITIONS_MAX);
    int more = totalByPartition.size() - shown;
    return IntStream.range(0, shown)
            .mapToObj(p -> maskedByPartition.get(p) + "/" + totalByPartition.get(p))
            .collect(Collectors.joining(" "))
        + (more > 0 ? " and " + more + " more" : "");
  }
}
