package dev.remask.trainer;

import dev.remask.mlm.ReplayOrder;
import java.util.List;
import java.util.NavigableMap;

/**
 * What is to be learned, as known now.
 *
 * @param seed of the run
 * @param dataset its name
 * @param partitions P
 * @param live whether the run has a live lane, that is, a plan of epoch 0
 * @param replays epoch (1, 2 ...) to the sequence after the last one of each partition {@code [P]}
 */
public record Plans(
    long seed,
    String dataset,
    int partitions,
    boolean live,
    NavigableMap<Integer, List<Long>> replays) {

  public Plans {
    replays.forEach(
        (epoch, ends) -> {
          if (epoch < 1 || ends.size() != partitions) {
            throw new IllegalStateException(
                "the plan of epoch %d bounds %d partitions, the dataset has %d"
                    .formatted(epoch, ends.size(), partitions));
          }
        });
  }

  /** Number of examples of an epoch; IllegalStateException if it has no plan. */
  long size(int epoch) {
    return ends(epoch).stream().mapToLong(Long::longValue).sum();
  }

  List<Long> ends(int epoch) {
    List<Long> ends = replays.get(epoch);
    if (ends == null) {
      throw new IllegalStateException("epoch " + epoch + " has no plan");
    }
    return ends;
  }

  /** The order in which an epoch is learned (invariant 7). */
  public ReplayOrder order(int epoch, int window) {
    long[] ends = ends(epoch).stream().mapToLong(Long::longValue).toArray();
    return new ReplayOrder(seed, dataset, epoch, ends, window);
  }
}
