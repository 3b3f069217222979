package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.topology.StreamStatus;
import dev.remask.topology.StreamStatus.Counts;
import dev.remask.topology.StreamStatus.Lane;
import dev.remask.topology.StreamStatus.Packer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class StreamMetersTest {
  static StreamStatus idle() {
    return new StreamStatus(
        new Packer("RUNNING", 0),
        new Lane(0, "RUNNING", false, 0, 0),
        Optional.empty(),
        new Counts(0, 0, 0, 0));
  }

  private static StreamStatus busy(long factor) {
    return new StreamStatus(
        new Packer("RUNNING", 7 * factor),
        new Lane(0, "RUNNING", true, 100, 100 + 11 * factor),
        Optional.of(new Lane(3, "RUNNING", false, factor, 4)),
        new Counts(1_000_003 * factor, 20 * factor, 300 * factor, 4 * factor));
  }

  @Test
  void tellTheStatusOfTheMoment() throws Exception {
    AtomicReference<StreamStatus> status = new AtomicReference<>(idle());
    try (Monitoring monitoring = Scrape.open(0)) {
      StreamMeters.bind(monitoring.registry(), status::get);
      PrometheusText before = Scrape.metrics(monitoring);
      for (String name : before.families().keySet()) {
        if (name.startsWith("remask_") && !name.equals("remask_build_info")) {
          assertThat(before.families().get(name).samples()).allMatch(s -> s.value() == 0);
        }
      }
      status.set(busy(1));
      PrometheusText one = Scrape.metrics(monitoring);
      assertThat(one.value("remask_documents_total")).isEqualTo(1_000_003);
      assertThat(one.value("remask_segments_total")).isEqualTo(20);
      assertThat(one.value("remask_examples_total")).isEqualTo(300);
      assertThat(one.value("remask_masker_pauses_total")).isEqualTo(4);
      assertThat(one.value("remask_packer_lag_records")).isEqualTo(7);
      assertThat(one.value("remask_live_lag_examples")).isEqualTo(11);
      assertThat(one.value("remask_epoch")).isEqualTo(3);
      assertThat(one.value("remask_epoch_progress_ratio")).isEqualTo(0.25);
      assertThat(one.value("remask_masker_waiting", "lane", "live")).isEqualTo(1);
      assertThat(one.value("remask_masker_waiting", "lane", "replay")).isZero();

      status.set(busy(4));
      PrometheusText four = Scrape.metrics(monitoring);
      assertThat(four.value("remask_documents_total")).isEqualTo(4_000_012);
      assertThat(four.value("remask_epoch_progress_ratio")).isEqualTo(1);
      assertThat(one.countersThatFell(before)).isEmpty();
      assertThat(four.countersThatFell(one)).isEmpty();
      assertThat(one.countersThatFell(four)).hasSizeGreaterThanOrEqualTo(4);
    }
  }

  @Test
  void countsOfDifferentInstantsGiveNoNegativeLag() throws Exception {
    StreamStatus ahead =
        new StreamStatus(
            new Packer("RUNNING", 0),
            new Lane(0, "RUNNING", false, 5, 4),
            Optional.of(new Lane(1, "RUNNING", true, 0, 0)),
            new Counts(0, 0, 0, 0));
    try (Monitoring monitoring = Scrape.open(0)) {
      StreamMeters.bind(monitoring.registry(), () -> ahead);
      PrometheusText text = Scrape.metrics(monitoring);
      assertThat(text.value("remask_live_lag_examples")).isZero();
      assertThat(text.value("remask_masker_waiting", "lane", "replay")).isEqualTo(1);
      assertThat(text.value("remask_epoch_progress_ratio")).as("an empty epoch").isEqualTo(1);
    }
  }

  /** Micrometer holds what it counts weakly: a meter must not be lost to the garbage collector. */
  @Test
  void surviveAGarbageCollection() throws Exception {
    try (Monitoring monitoring = Scrape.open(0)) {
      long seed = System.nanoTime(); // so that the lambda is an object of its own
      StreamMeters.bind(monitoring.registry(), () -> busy(seed == 0 ? 0 : 2));
      for (int i = 0; i < 3; i++) {
        System.gc();
      }
      PrometheusText text = Scrape.metrics(monitoring);
      assertThat(text.value("remask_documents_total")).isEqualTo(2_000_006);
      assertThat(text.value("remask_epoch")).isEqualTo(3);
      assertThat(text.value("jvm_gc_seconds_total")).isPositive();
      assertThat(text.value("jvm_memory_used_bytes", "area", "heap")).isGreaterThan(1e6);
    }
  }
}
