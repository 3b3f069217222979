package dev.remask.topology;

import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/** The topologies of one instance: they bear outages alike and are closed together. */
final class Topologies {
  private final Duration outageMax;
  private final Consumer<String> notices;
  private final BooleanSupplier closing;
  private final Consumer<Throwable> failed;
  private final Set<RunningTopology> open = ConcurrentHashMap.newKeySet();

  /**
   * @param notices hears of outages, from any thread
   * @param failed told what ended a topology
   */
  Topologies(
      Duration outageMax,
      Consumer<String> notices,
      BooleanSupplier closing,
      Consumer<Throwable> failed) {
    this.outageMax = outageMax;
    this.notices = notices;
    this.closing = closing;
    this.failed = failed;
  }

  /**
   * A topology that is not started yet.
   *
   * @param source the topic that it reads
   */
  RunningTopology open(Topology topology, Map<String, Object> config, String source) {
    String id = String.valueOf(config.get(StreamsConfig.APPLICATION_ID_CONFIG));
    FailedThreads failures =
        new FailedThreads(
            source,
            new Outage(outageMax, line -> notices.accept(id + ": " + line), System::nanoTime),
            () -> Admin.create(ClientConfigs.admin(config)).close(Duration.ZERO),
            closing,
            failed,
            System::nanoTime);
    RunningTopology running = new RunningTopology(topology, config, source, failures);
    open.add(running);
    return running;
  }

  /** Called now and then. */
  void look(Admin admin) {
    open.forEach(running -> running.look(admin));
  }

  void close(RunningTopology running, Duration max) {
    open.remove(running);
    running.close(max);
  }

  /** All that are open, at the same time. */
  void close(Duration max) {
    List<Thread> closers =
        open.stream()
            .map(running -> new Thread(() -> close(running, max), "remask-close"))
            .toList();
    closers.forEach(
        closer -> {
          closer.setDaemon(true);
          closer.start();
        });
    long deadline = System.nanoTime() + max.toNanos();
    closers.forEach(closer -> join(closer, deadline));
  }

  /** False if the thread lives on at the deadline. */
  static boolean join(Thread thread, long deadlineNs) {
    try {
      long left = Duration.ofNanos(deadlineNs - System.nanoTime()).toMillis();
      thread.join(Math.max(1, left)); // 0 would be for ever
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
