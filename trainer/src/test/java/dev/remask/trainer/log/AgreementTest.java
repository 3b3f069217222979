package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Position;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;

/** Checkpoint and ledger: every case of one, both or none. */
class AgreementTest {
  private static final Path FOLDER = Path.of("checkpoints", "news");

  private static void require(long checkpoint, long recorded) {
    Optional<Checkpoint> start =
        checkpoint < 0
            ? Optional.empty()
            : Optional.of(
                new Checkpoint(
                    FOLDER.resolve("step-" + checkpoint),
                    new Position(checkpoint, 0, 0, List.of(0L)),
                    new TreeMap<>(),
                    "here"));
    TrainingRun.requireAgreement(start, FOLDER, "remask.news.ledger", recorded);
  }

  @Test
  void aLedgerThatReachesTheCheckpointIsFine() {
    for (long[] fine : new long[][] {{-1, 0}, {0, 0}, {0, 5}, {5, 5}, {5, 6}}) {
      assertThatCode(() -> require(fine[0], fine[1])).doesNotThrowAnyException();
    }
  }

  @Test
  void aLedgerWithoutACheckpointIsRefused() {
    assertThatThrownBy(() -> require(-1, 1_200))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("remask.news.ledger holds 1,200 steps")
        .hasMessageContaining(FOLDER.toString())
        .hasMessageContaining("--redo");
  }

  @Test
  void aCheckpointAheadOfTheLedgerIsRefused() {
    for (long recorded : new long[] {0, 1_199}) {
      assertThatThrownBy(() -> require(1_200, recorded))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("step-1200 is at step 1,200")
          .hasMessageContaining(
              "remask.news.ledger ends at step " + (recorded == 0 ? "0" : "1,199"))
          .hasMessageContaining("--redo");
    }
  }
}
