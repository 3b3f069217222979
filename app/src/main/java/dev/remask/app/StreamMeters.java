package dev.remask.app;

import dev.remask.topology.StreamStatus;
import dev.remask.topology.StreamStatus.Counts;
import dev.remask.topology.StreamStatus.Lane;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/** The meters of a streaming instance, read from its status whenever somebody asks. */
final class StreamMeters {
  private final MeterRegistry registry;
  private final Supplier<StreamStatus> status;

  private StreamMeters(MeterRegistry registry, Supplier<StreamStatus> status) {
    this.registry = registry;
    this.status = status;
  }

  /**
   * @param status must not block; any thread
   */
  static void bind(MeterRegistry registry, Supplier<StreamStatus> status) {
    StreamMeters meters = new StreamMeters(registry, status);
    meters.addCounters();
    meters.addGauges();
  }

  private void addCounters() {
    counter("remask.documents", Counts::documents, "Documents that this instance packed");
    counter("remask.segments", Counts::segments, "Segments that this instance wrote");
    counter("remask.examples", Counts::examples, "Masked examples that this instance wrote");
    counter(
        "remask.masker.pauses",
        Counts::pauses,
        "How often a masker of this instance began to wait for the trainer");
  }

  private void addGauges() {
    gauge(
        "remask.packer.lag.records",
        s -> s.packer().lag(),
        "Records of the documents topic that no instance has packed yet");
    gauge(
        "remask.live.lag.examples",
        s -> behind(s.live()),
        "Segments that the live lane has not masked yet");
    gauge(
        "remask.epoch",
        s -> s.replay().map(Lane::epoch).orElse(0),
        "The replay that runs; 0 if none does");
    gauge(
        "remask.epoch.progress.ratio",
        s -> s.replay().map(StreamMeters::progress).orElse(0.0),
        "Share of the running replay's examples that are in the log, 0 to 1; 0 if none runs");
    String waiting = "1 while the lane's masker waits for the trainer, else 0";
    waiting("live", s -> s.live().waiting(), waiting);
    waiting("replay", s -> s.replay().map(Lane::waiting).orElse(false), waiting);
  }

  /** Examples and segments are not counted at the same instant. */
  private static long behind(Lane live) {
    return Math.max(0, live.total() - live.masked());
  }

  /** Nothing of nothing is all of it. */
  private static double progress(Lane replay) {
    return replay.total() == 0 ? 1 : (double) replay.masked() / replay.total();
  }

  private void counter(String name, ToLongFunction<Counts> count, String description) {
    // The counter holds what it counts only weakly; the registry lives as long as it does.
    FunctionCounter.builder(name, registry, r -> count.applyAsLong(status.get().counts()))
        .description(description)
        .register(registry);
  }

  private void gauge(String name, ToDoubleFunction<StreamStatus> value, String description) {
    Gauge.builder(name, () -> value.applyAsDouble(status.get()))
        .description(description)
        .register(registry);
  }

  private void waiting(String lane, Predicate<StreamStatus> waiting, String description) {
    Gauge.builder("remask.masker.waiting", () -> waiting.test(status.get()) ? 1 : 0)
        .tag("lane", lane)
        .description(description)
        .register(registry);
  }
}
