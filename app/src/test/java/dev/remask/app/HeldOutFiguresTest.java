package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.trainer.Evaluation;
import dev.remask.trainer.HeldOutScore;
import dev.remask.trainer.NextSentence;
import org.junit.jupiter.api.Test;

class HeldOutFiguresTest {
  private static HeldOutFigures figures(NextSentence pairs) {
    Evaluation model = new Evaluation(8, 12, 2, 4, 8, 1, pairs);
    Evaluation other = new Evaluation(8, 40, 1, 4, 24, 1);
    return HeldOutFigures.of(new HeldOutScore(3, model, other, other, 20, 12).record());
  }

  @Test
  void theNextSentenceHasALineWhereThereArePairs() {
    HeldOutFigures pairs = figures(new NextSentence(4, 1.5, 3));
    HeldOutFigures parts = figures(NextSentence.NOTHING);
    assertThat(pairs.lines()).hasSize(3).startsWith(parts.lines().get(0), parts.lines().get(1));
    assertThat(pairs.lines().get(2)).isEqualTo("0.38 over the next-sentence labels (75.0 % right)");
    assertThat(parts.lines()).hasSize(2);
    assertThat(Json.text(pairs))
        .contains("\"next_sentence_loss\":0.375,\"next_sentence_accuracy\":0.75");
    assertThat(Json.text(parts))
        .contains("\"next_sentence_loss\":null,\"next_sentence_accuracy\":null");
  }
}
