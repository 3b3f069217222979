package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepRecordTest {
  private static final Masked MASKED = new Masked(new int[3], new int[] {1}, new int[1]);

  private static TrainingStep step(Example example, NextSentence nextSentence) {
    StepResult result = new StepResult(2, 1, 1, 3, nextSentence);
    return StepRecord.of(9, new Work.Replay(1, 4, 5), List.of(example), 1e-3, result)
        .setFingerprint("here")
        .setEndedAt(Instant.EPOCH)
        .build();
  }

  @Test
  void whatCameOfTheNextSentenceIsKeptBesideTheLoss() {
    TrainingStep pair = step(new Example(1, 0, 4, MASKED, 2, true), new NextSentence(8, 2, 6));
    assertThat(pair.getLoss()).isEqualTo(2);
    assertThat(pair.getNextSentenceLoss()).isEqualTo(0.25);
    assertThat(pair.getNextSentenceAccuracy()).isEqualTo(0.75);
    TrainingStep one = step(new Example(1, 0, 4, MASKED), NextSentence.NOTHING);
    assertThat(one.getNextSentenceLoss()).isNull();
    assertThat(one.getNextSentenceAccuracy()).isNull();
    assertThat(one.getExamplesSha256()).isNotEqualTo(pair.getExamplesSha256());
  }
}
