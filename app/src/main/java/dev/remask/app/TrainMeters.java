package dev.remask.app;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.Remaining;
import dev.remask.trainer.StepListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The meters of a trainer, fed by its steps, which it passes on. */
final class TrainMeters implements StepListener {
  private static final double NANOS_PER_SECOND = 1e9;

  private final MeterRegistry registry;
  private final LongSupplier nanoTime;
  private final StepListener next;
  private final Counter tokens;
  private final Counter examples;
  private final Counter redone;
  private final Counter waiting;
  private final Counter gradients;
  private final Counter update;
  private final Counter evaluation;
  private final Counter ledger;
  private final Counter checkpoint;
  private final Counter other;
  private volatile @Nullable StepReport last;
  private volatile long lastNs;
  private volatile @Nullable HeldOut heldOut;
  private final LiveHistory live = new LiveHistory();
  private volatile @Nullable LiveDelay delay;

  /** The last look at held-out text. */
  private record HeldOut(long step, HeldOutFigures figures) {}

  /**
   * @param next hears of everything after the meters do
   */
  TrainMeters(MeterRegistry registry, LongSupplier nanoTime, StepListener next) {
    this.registry = registry;
    this.nanoTime = nanoTime;
    this.next = next;
    lastNs = nanoTime.getAsLong();
    tokens = counter("remask.tokens", "Real tokens learned, without those of redone steps");
    examples =
        counter("remask.examples.learned", "Examples learned, without those of redone steps");
    redone = counter("remask.steps.redone", "Steps of the ledger that were learned again");
    waiting = part("waiting");
    gradients = part("gradients");
    update = part("update");
    evaluation = part("evaluation");
    ledger = part("ledger");
    checkpoint = part("checkpoint");
    other = part("other");
    addGauges();
    addHeldOutGauges();
    delay("median", LiveDelay::getMedianMs);
    delay("max", LiveDelay::getMaxMs);
  }

  @Override
  public void learned(StepReport report) {
    if (report.redone()) {
      redone.increment();
    } else {
      tokens.increment(Math.rint(report.tokensPerSecond() * report.seconds()));
      examples.increment(report.examples());
    }
    add(report.parts(), report.seconds());
    last = report;
    lastNs = nanoTime.getAsLong();
    next.learned(report);
  }

  @Override
  public void recorded(TrainingStep step) {
    live.add(step);
    if (step.getDelay() != null) {
      delay = step.getDelay();
    }
    for (LiveHistory.SourceFigures source : live.sources()) {
      // Made once, and found again afterwards; the history bounds how many there are.
      Gauge.builder("remask.live.loss.nats", live, history -> history.recentLoss(source.source()))
          .tag("source", source.source())
          .description("Mean loss of a source's text before it was learned, its last 50 live steps")
          .register(registry);
    }
    next.recorded(step);
  }

  private void delay(String of, ToDoubleFunction<LiveDelay> millis) {
    Gauge.builder(
            "remask.live.delay.seconds",
            () -> {
              LiveDelay last = delay;
              return last == null ? Double.NaN : millis.applyAsDouble(last) / 1e3;
            })
        .tag("of", of)
        .description(
            "From the arrival of the documents that filled the last live step's segments to its end")
        .register(registry);
  }

  @Override
  public void evaluated(long step, HeldOutScore score) {
    heldOut = new HeldOut(step, HeldOutFigures.of(score.record()));
    next.evaluated(step, score);
  }

  @Override
  public void remembered(long step, HeldOutEvaluation found) {
    heldOut = new HeldOut(step, HeldOutFigures.of(found));
    next.remembered(step, found);
  }

  @Override
  public void notice(String line) {
    next.notice(line);
  }

  @Override
  public void warning(String line) {
    next.warning(line);
  }

  private void add(Parts parts, double seconds) {
    waiting.increment(parts.waiting());
    gradients.increment(parts.gradients());
    update.increment(parts.update());
    evaluation.increment(parts.evaluation());
    ledger.increment(parts.ledger());
    checkpoint.increment(parts.checkpoint());
    double known =
        parts.waiting()
            + parts.gradients()
            + parts.update()
            + parts.evaluation()
            + parts.ledger()
            + parts.checkpoint();
    other.increment(Math.max(0, seconds - known));
  }

  private void addGauges() {
    gauge("remask.step", 0, StepReport::step, "The last step; 0 before the first");
    gauge("remask.epoch", 0, StepReport::epoch, "Its epoch; 0 is the live lane");
    String none = "; NaN before the first";
    double nan = Double.NaN;
    gauge("remask.loss.nats", nan, StepReport::loss, "Its mean loss per predicted token" + none);
    addNextSentenceGauges();
    gauge("remask.learning.rate", nan, StepReport::learningRate, "Its learning rate" + none);
    gauge(
        "remask.gradient.norm",
        nan,
        StepReport::gradientNorm,
        "The norm of its gradient before clipping" + none);
    gauge(
        "remask.tokens.per.second",
        nan,
        StepReport::tokensPerSecond,
        "Its real tokens over its time, the wait for examples included" + none);
    gauge(
        "remask.blas.ratio",
        nan,
        StepReport::blasShare,
        "Its matrix products over its time, as a share of what BLAS alone does" + none);
    gauge(
        "remask.examples.left",
        nan,
        report -> examples(report.left()),
        "To learn until all that is planned is learned; NaN if nothing is");
    Gauge.builder(
            "remask.seconds.since.step", () -> (nanoTime.getAsLong() - lastNs) / NANOS_PER_SECOND)
        .description("Time since the last step ended, or since the start before the first")
        .register(registry);
  }

  private void addNextSentenceGauges() {
    gauge(
        "remask.next.sentence.loss.nats",
        Double.NaN,
        report -> report.nextSentence().loss(),
        "Its mean loss per next-sentence label; NaN without pairs");
    gauge(
        "remask.next.sentence.accuracy.ratio",
        Double.NaN,
        report -> report.nextSentence().accuracy(),
        "Share of its pairs that were told right; NaN without pairs");
  }

  private static double examples(Remaining left) {
    return left.examples() == Remaining.ENDLESS ? Double.NaN : left.examples();
  }

  private void addHeldOutGauges() {
    heldOut(
        "remask.heldout.step", 0, HeldOut::step, "The step of the last look; 0 before the first");
    String loss = "Mean loss per selected token of held-out text";
    at("remask.heldout.loss.nats", loss, h -> h.loss(), h -> h.maskLoss());
    String right = "Share of the selected tokens of held-out text that were predicted right";
    at("remask.heldout.accuracy.ratio", right, h -> h.accuracy(), h -> h.maskAccuracy());
    String bits = "The loss per byte of the text that the selected tokens stand for";
    at("remask.heldout.bits.per.byte", bits, h -> h.bitsPerByte(), h -> h.maskBitsPerByte());
    heldOut(
        "remask.heldout.next.sentence.loss.nats",
        Double.NaN,
        h -> h.figures().nextSentenceLoss(),
        "Mean loss per next-sentence label of held-out text; NaN without pairs");
    heldOut(
        "remask.heldout.next.sentence.accuracy.ratio",
        Double.NaN,
        h -> h.figures().nextSentenceAccuracy(),
        "Share of the pairs of held-out text that were told right; NaN without pairs");
    String unigram = "The loss of word frequencies alone at the same positions";
    at("remask.heldout.unigram.loss.nats", unigram, h -> h.unigramLoss(), h -> h.unigramMaskLoss());
    String copy = "The same of word frequencies and the input at the same position";
    at("remask.heldout.copy.loss.nats", copy, h -> h.copyLoss(), h -> h.unigramMaskLoss());
  }

  /** Over all selected tokens, and over those at the mask alone. */
  private void at(
      String name,
      String description,
      ToDoubleFunction<HeldOutFigures> selected,
      ToDoubleFunction<HeldOutFigures> mask) {
    heldOut(
        name, Double.NaN, h -> selected.applyAsDouble(h.figures()), description, "at", "selected");
    heldOut(name, Double.NaN, h -> mask.applyAsDouble(h.figures()), description, "at", "mask");
  }

  private void heldOut(
      String name,
      double before,
      ToDoubleFunction<HeldOut> value,
      String description,
      String... labels) {
    Gauge.builder(
            name,
            () -> {
              HeldOut last = heldOut;
              return last == null ? before : value.applyAsDouble(last);
            })
        .tags(labels)
        .description(description)
        .register(registry);
  }

  private void gauge(
      String name, double before, ToDoubleFunction<StepReport> value, String description) {
    Gauge.builder(
            name,
            () -> {
              StepReport report = last;
              return report == null ? before : value.applyAsDouble(report);
            })
        .description(description)
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  private Counter part(String part) {
    return Counter.builder("remask.step.seconds")
        .tag("part", part)
        .description("Where the time of the steps went, redone ones included")
        .register(registry);
  }
}
