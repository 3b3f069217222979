package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.mlm.ReplayOrder;
import dev.remask.mlm.ReplayOrder.Range;
import dev.remask.mlm.ReplayOrder.Slot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the next blocks of a replay while the current ones are learned. One thread of its own
 * does all reading; at most two logical batches and three blocks are held.
 */
final class ReadAhead implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);
  private static final long STOP_CHECK_MS = 50;
  private static final Duration SAY_AFTER = Duration.ofSeconds(10);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(1);

  private final ExampleSource source;
  private final IntFunction<ReplayOrder> orders;
  private final int window;
  private final int batch;
  private final Runnable meanwhile;
  private final BooleanSupplier stop;
  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "remask-read-ahead");
            thread.setDaemon(true);
            return thread;
          });
  private final Map<Long, Future<List<Example>>> blocks = new HashMap<>();
  private @Nullable ReplayOrder order;
  private int epoch;

  /**
   * @param orders epoch to its order
   * @param window W
   * @param batch B, of the largest step
   * @param meanwhile called now and then while waiting; what it throws ends the wait
   * @param stop asked while waiting
   */
  ReadAhead(
      ExampleSource source,
      IntFunction<ReplayOrder> orders,
      int window,
      int batch,
      Runnable meanwhile,
      BooleanSupplier stop) {
    this.source = source;
    this.orders = orders;
    this.window = window;
    this.batch = batch;
    this.meanwhile = meanwhile;
    this.stop = stop;
  }

  /** The examples of a step in the order they are learned; empty if it was stopped before. */
  Optional<List<Example>> examples(Work.Step work) throws InterruptedException {
    if (work instanceof Work.Replay replay) {
      return replayed(replay);
    }
    List<Range> ranges = ((Work.Live) work).ranges();
    return ask(() -> read(0, ranges), work);
  }

  /** Runs a question on the reading thread; empty if it was stopped before the answer. */
  <T> Optional<T> ask(Callable<T> question, Object what) throws InterruptedException {
    return await(reader.submit(question), what);
  }

  private Optional<List<Example>> replayed(Work.Replay replay) throws InterruptedException {
    ReplayOrder order = orderOf(replay.epoch());
    long first = replay.start() / window;
    long last = (replay.end() - 1) / window;
    long lastOfNext = (Math.min(replay.end() + batch, order.size()) - 1) / window;
    long lastOfEpoch = (order.size() - 1) / window;
    for (long b = first; b <= Math.max(lastOfNext, Math.min(last + 1, lastOfEpoch)); b++) {
      blocks.computeIfAbsent(b, block -> reader.submit(() -> block(replay.epoch(), order, block)));
    }
    List<Example> examples = new ArrayList<>();
    for (long b = first; b <= last; b++) {
      Future<List<Example>> reading = blocks.get(b);
      Optional<List<Example>> block =
          reading == null ? Optional.empty() : await(reading, "block " + b + " of " + replay);
      if (block.isEmpty()) {
        return Optional.empty();
      }
      int from = (int) (Math.max(replay.start(), b * window) - b * window);
      int to = (int) (Math.min(replay.end(), (b + 1) * window) - b * window);
      examples.addAll(block.get().subList(from, to));
    }
    blocks.keySet().removeIf(b -> (b + 1) * window <= replay.end());
    return Optional.of(examples);
  }

  private ReplayOrder orderOf(int wanted) {
    ReplayOrder current = order;
    if (current == null || epoch != wanted) {
      current = orders.apply(wanted);
      order = current;
      epoch = wanted;
      blocks.clear();
    }
    return current;
  }

  private List<Example> block(int epoch, ReplayOrder order, long block)
      throws InterruptedException {
    Map<Integer, Range> ranges = new HashMap<>();
    Map<Integer, List<Example>> examples = new HashMap<>();
    for (Range range : order.block(block)) {
      ranges.put(range.partition(), range);
      examples.put(range.partition(), read(epoch, List.of(range)));
    }
    List<Example> ordered = new ArrayList<>();
    long end = Math.min((block + 1) * window, order.size());
    for (long index = block * window; index < end; index++) {
      Slot slot = order.slot(index);
      Range range = ranges.get(slot.partition());
      List<Example> read = examples.get(slot.partition());
      if (range == null || read == null) {
        throw new IllegalStateException("block " + block + " does not hold its " + slot);
      }
      ordered.add(read.get(Math.toIntExact(slot.sequence() - range.start())));
    }
    return ordered;
  }

  private List<Example> read(int epoch, List<Range> ranges) throws InterruptedException {
    List<Example> examples = new ArrayList<>();
    for (Range range : ranges) {
      examples.addAll(source.read(epoch, range.partition(), range.start(), range.end()));
    }
    return examples;
  }

  private <T> Optional<T> await(Future<T> answer, Object what) throws InterruptedException {
    long begun = System.nanoTime();
    boolean said = false;
    while (!stop.getAsBoolean()) {
      try {
        return Optional.of(answer.get(STOP_CHECK_MS, TimeUnit.MILLISECONDS));
      } catch (TimeoutException e) {
        meanwhile.run();
        if (!said && System.nanoTime() - begun > SAY_AFTER.toNanos()) {
          LOG.info("Waiting for the examples of {}", what);
          said = true;
        }
      } catch (ExecutionException e) {
        throw failure(e);
      }
    }
    return Optional.empty();
  }

  private static RuntimeException failure(ExecutionException e) {
    if (e.getCause() instanceof RuntimeException cause) {
      cause.addSuppressed(e); // the stack of the thread that waited
      return cause;
    }
    return new IllegalStateException("reading examples failed", e.getCause());
  }

  /** Interrupts what is being read and waits a moment until the thread has left the source. */
  @Override
  public void close() {
    reader.shutdownNow();
    try {
      if (!reader.awaitTermination(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("The thread that reads examples does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
