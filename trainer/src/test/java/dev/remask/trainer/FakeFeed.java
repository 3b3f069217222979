package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/** Logs in memory: an example says where it stands, and nothing else. */
final class FakeFeed implements Feed {
  private final int partitions;
  private final boolean live;
  private final TreeMap<Integer, List<Long>> replays = new TreeMap<>();
  private List<Long> arrived;

  /** Ranges of segments handed out by the topic's form, as a trainer's consumer would see them. */
  final List<String> reads = Collections.synchronizedList(new ArrayList<>());

  Runnable insidePlans = () -> {};

  FakeFeed(int partitions, boolean live) {
    this.partitions = partitions;
    this.live = live;
    this.arrived = Collections.nCopies(partitions, 0L);
  }

  FakeFeed plan(int epoch, List<Long> ends) {
    replays.put(epoch, ends);
    return this;
  }

  FakeFeed arrive(List<Long> now) {
    arrived = now;
    return this;
  }

  static Example example(int epoch, int partition, long sequence) {
    int tokens = 2 + (int) (sequence % 3);
    int[] inputs = new int[tokens];
    inputs[1] = (int) sequence;
    return new Example(
        epoch, partition, sequence, new Masked(inputs, new int[] {1}, new int[] {epoch}));
  }

  static List<Example> range(int epoch, int partition, long start, long end) {
    List<Example> examples = new ArrayList<>();
    for (long sequence = start; sequence < end; sequence++) {
      examples.add(example(epoch, partition, sequence));
    }
    return examples;
  }

  @Override
  public Plans plans() {
    insidePlans.run();
    return new Plans(7, "books", partitions, live, replays);
  }

  @Override
  public ExampleSource examples() {
    return (epoch, partition, start, end) -> {
      reads.add(epoch + "/" + partition + "/" + start + "-" + end);
      return range(epoch, partition, start, end);
    };
  }

  @Override
  public ExampleSource recomputed() {
    return FakeFeed::range;
  }

  @Override
  public List<Long> arrived(List<Long> from, int enough, Duration atMost)
      throws InterruptedException {
    Thread.sleep(1);
    return arrived;
  }
}
