package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.schemas.HeldOutEvaluation;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.NextSentence;
import dev.remask.trainer.Remaining;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.StepListener.Parts;
import dev.remask.trainer.StepListener.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TrainMetersTest {
  private static final String[] PARTS = {
    "waiting", "gradients", "update", "evaluation", "ledger", "checkpoint", "other"
  };

  static StepReport report(long step, boolean redone) {
    Parts parts = new Parts(0.5, 1.25, 0.125, 0.25, 0.0625, 0.03125);
    Remaining left = new Remaining(Remaining.ENDLESS, 7_000 - step);
    return report(step, 3, parts, left, redone);
  }

  private static StepReport report(
      long step, double seconds, Parts parts, Remaining left, boolean redone) {
    return new StepReport(
        step,
        2,
        256,
        4.5,
        6e-4,
        1.75,
        1000.1 / 3,
        0.625,
        seconds,
        parts,
        left,
        redone,
        new NextSentence(8, 4, 6));
  }

  private static double total(PrometheusText text) {
    double sum = 0;
    for (String part : PARTS) {
      sum += text.value("remask_step_seconds_total", "part", part);
    }
    return sum;
  }

  @Test
  void tellTheLastStepAndTheSumOfAll() throws Exception {
    AtomicLong nanos = new AtomicLong(-5_000_000_000L);
    List<StepReport> heard = new ArrayList<>();
    try (Monitoring monitoring = Scrape.open(0)) {
      TrainMeters meters = new TrainMeters(monitoring.registry(), nanos::get, heard::add);
      nanos.addAndGet(2_500_000_000L);
      PrometheusText before = Scrape.metrics(monitoring);
      assertThat(before.value("remask_step")).isZero();
      assertThat(before.value("remask_loss_nats")).isNaN();
      assertThat(before.value("remask_seconds_since_step")).isEqualTo(2.5);
      assertThat(total(before)).isZero();

      meters.learned(report(8, true));
      meters.learned(report(9, false));
      meters.learned(report(10, false));
      nanos.addAndGet(750_000_000L);
      PrometheusText text = Scrape.metrics(monitoring);
      assertThat(text.value("remask_step")).isEqualTo(10);
      assertThat(text.value("remask_epoch")).isEqualTo(2);
      assertThat(text.value("remask_loss_nats")).isEqualTo(4.5);
      assertThat(text.value("remask_learning_rate")).isEqualTo(6e-4);
      assertThat(text.value("remask_gradient_norm")).isEqualTo(1.75);
      assertThat(text.value("remask_tokens_per_second")).isEqualTo(1000.1 / 3);
      assertThat(text.value("remask_blas_ratio")).isEqualTo(0.625);
      assertThat(text.value("remask_examples_left")).isEqualTo(6_990);
      assertThat(text.value("remask_seconds_since_step")).isEqualTo(0.75);
      assertThat(text.value("remask_tokens_total")).as("whole tokens").isEqualTo(2000);
      assertThat(text.value("remask_examples_learned_total")).isEqualTo(512);
      assertThat(text.value("remask_steps_redone_total")).isEqualTo(1);
      assertThat(before.value("remask_next_sentence_loss_nats")).isNaN();
      assertThat(text.value("remask_next_sentence_loss_nats")).isEqualTo(0.5);
      assertThat(text.value("remask_next_sentence_accuracy_ratio")).isEqualTo(0.75);
      double[] seconds = {1.5, 3.75, 0.375, 0.75, 0.1875, 0.09375, 2.34375};
      for (int i = 0; i < PARTS.length; i++) {
        assertThat(text.value("remask_step_seconds_total", "part", PARTS[i])).isEqualTo(seconds[i]);
      }
      assertThat(total(text)).as("all of the steps' time").isCloseTo(9, within(1e-9));
      assertThat(text.countersThatFell(before)).isEmpty();
      assertThat(before.countersThatFell(text)).hasSize(3 + PARTS.length);
      assertThat(heard).extracting(StepReport::step).containsExactly(8L, 9L, 10L);
    }
  }

  /** 8 tokens of 20 bytes, 4 of them and 12 bytes at the mask. */
  private static final HeldOutScore SCORE =
      new HeldOutScore(
          3,
          new Evaluation(8, 12, 2, 4, 8, 1, new NextSentence(3, 1.5, 2)),
          new Evaluation(8, 40, 1, 4, 24, 1),
          new Evaluation(8, 28, 5, 4, 24, 1),
          20,
          12);

  @Test
  void tellTheLastLookAtHeldOutText() throws Exception {
    try (Monitoring monitoring = Scrape.open(0)) {
      TrainMeters meters = new TrainMeters(monitoring.registry(), System::nanoTime, r -> {});
      PrometheusText before = Scrape.metrics(monitoring);
      assertThat(before.value("remask_heldout_step")).isZero();
      assertThat(before.value("remask_heldout_loss_nats", "at", "mask")).isNaN();
      meters.remembered(400, SCORE.record());
      PrometheusText kept = Scrape.metrics(monitoring);
      assertThat(kept.value("remask_heldout_step")).isEqualTo(400);
      assertThat(kept.value("remask_heldout_loss_nats", "at", "mask")).isEqualTo(2);
      meters.evaluated(500, SCORE);
      PrometheusText text = Scrape.metrics(monitoring);
      assertThat(text.value("remask_heldout_step")).isEqualTo(500);
      assertThat(text.value("remask_heldout_loss_nats", "at", "selected")).isEqualTo(1.5);
      assertThat(text.value("remask_heldout_loss_nats", "at", "mask")).isEqualTo(2);
      assertThat(text.value("remask_heldout_accuracy_ratio", "at", "selected")).isEqualTo(0.25);
      assertThat(text.value("remask_heldout_accuracy_ratio", "at", "mask")).isEqualTo(0.25);
      assertThat(text.value("remask_heldout_bits_per_byte", "at", "selected"))
          .isCloseTo(12 / Math.log(2) / 20, within(1e-12));
      assertThat(text.value("remask_heldout_bits_per_byte", "at", "mask"))
          .isCloseTo(8 / Math.log(2) / 12, within(1e-12));
      assertThat(text.value("remask_heldout_unigram_loss_nats", "at", "selected")).isEqualTo(5);
      assertThat(text.value("remask_heldout_unigram_loss_nats", "at", "mask")).isEqualTo(6);
      assertThat(text.value("remask_heldout_copy_loss_nats", "at", "selected")).isEqualTo(3.5);
      assertThat(text.value("remask_heldout_copy_loss_nats", "at", "mask")).isEqualTo(6);
      assertThat(before.value("remask_heldout_next_sentence_loss_nats")).isNaN();
      assertThat(text.value("remask_heldout_next_sentence_loss_nats")).isEqualTo(0.5);
      assertThat(text.value("remask_heldout_next_sentence_accuracy_ratio")).isEqualTo(2 / 3.0);
    }
  }

  @Test
  void tellWhatLiveStepsScored() throws Exception {
    List<TrainingStep> heard = new ArrayList<>();
    StepListener next =
        new StepListener() {
          @Override
          public void learned(StepReport report) {}

          @Override
          public void recorded(TrainingStep step) {
            heard.add(step);
          }
        };
    try (Monitoring monitoring = Scrape.open(0)) {
      TrainMeters meters = new TrainMeters(monitoring.registry(), System::nanoTime, next);
      assertThat(Scrape.metrics(monitoring).value("remask_live_delay_seconds", "of", "max"))
          .isNaN();
      TrainHealth health = new TrainHealth(System::nanoTime, meters);
      health.recorded(LiveHistoryTest.step(1, 4, "a"));
      health.recorded(LiveHistoryTest.step(2, 2, "a", null));
      PrometheusText text = Scrape.metrics(monitoring);
      assertThat(text.value("remask_live_loss_nats", "source", "a")).isEqualTo(3);
      assertThat(text.value("remask_live_loss_nats", "source", "(not said)")).isEqualTo(2);
      assertThat(text.value("remask_live_delay_seconds", "of", "median")).isEqualTo(2);
      assertThat(text.value("remask_live_delay_seconds", "of", "max")).isEqualTo(4);
    }
    assertThat(heard).extracting(TrainingStep::getStep).containsExactly(1L, 2L);
  }

  @Test
  void passOnNotices() {
    List<String> heard = new ArrayList<>();
    StepListener next =
        new StepListener() {
          @Override
          public void learned(StepReport report) {
            heard.add("step " + report.step());
          }

          @Override
          public void evaluated(long step, HeldOutScore score) {
            heard.add("held out " + step + " of " + score.segments());
          }

          @Override
          public void remembered(long step, HeldOutEvaluation found) {
            heard.add("kept " + step + " of " + found.getSegments());
          }

          @Override
          public void notice(String line) {
            heard.add(line);
          }
        };
    try (Monitoring monitoring = Scrape.open(-1)) {
      TrainMeters meters = new TrainMeters(monitoring.registry(), System::nanoTime, next);
      meters.notice("away");
      meters.evaluated(5, SCORE);
      TrainHealth health = new TrainHealth(System::nanoTime, next);
      health.notice("back");
      health.evaluated(6, SCORE);
      meters.remembered(7, SCORE.record());
      health.remembered(8, SCORE.record());
    }
    assertThat(heard)
        .containsExactly(
            "away", "held out 5 of 3", "back", "held out 6 of 3", "kept 7 of 3", "kept 8 of 3");
  }

  @Test
  void partsThatAddUpToMoreThanTheStepTakeNothingBack() throws Exception {
    try (Monitoring monitoring = Scrape.open(0)) {
      TrainMeters meters = new TrainMeters(monitoring.registry(), System::nanoTime, r -> {});
      Parts parts = new Parts(0.6, 0.6, 0, 0, 0, 0);
      Remaining endless = new Remaining(Remaining.ENDLESS, Remaining.ENDLESS);
      meters.learned(report(1, 1, parts, endless, false));
      assertThat(Scrape.metrics(monitoring).value("remask_examples_left")).isNaN();
      assertThat(Scrape.metrics(monitoring).value("remask_step_seconds_total", "part", "other"))
          .isZero();
    }
  }
}
