package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VocabularyLearnerTest {
  private static VocabularyLearner learner(int preTokensMax, long bytesMax, List<String> texts) {
    VocabularyLearner learner = new VocabularyLearner(preTokensMax, bytesMax);
    texts.forEach(learner::add);
    return learner;
  }

  /** 20,000 words once each among 500 that come again and again: what is frequent stays exact. */
  private static List<String> noise() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      texts.add(
          " common"
              + "abcdefghij".charAt(i % 10)
              + " "
              + Integer.toString(i, 2).replace('0', 'x').replace('1', 'y'));
    }
    return texts;
  }

  @Test
  void theTableIsBoundedAndForgetsTheRarest() {
    VocabularyLearner all = learner(1 << 20, 1 << 26, noise());
    VocabularyLearner bounded = learner(1_000, 1 << 26, noise());
    assertThat(all.forgotten()).isZero();
    assertThat(bounded.counts().size()).isLessThanOrEqualTo(1_000);
    assertThat(bounded.forgotten()).isPositive();
    for (char c : "abcdefghij".toCharArray()) {
      String word = " common" + c;
      assertThat(counts(bounded).get(word)).isEqualTo(counts(all).get(word)).isEqualTo(2_000);
    }
    long kept = counts(bounded).values().stream().mapToLong(Long::longValue).sum();
    long there = counts(all).values().stream().mapToLong(Long::longValue).sum();
    assertThat(kept + bounded.forgotten()).isEqualTo(there);
    assertThat(learner(1_000, 1 << 26, noise()).learn(300).sha256())
        .isEqualTo(bounded.learn(300).sha256());
    assertThat(bounded.counts().size()).as("nothing is held while it learns").isZero();
  }

  /** Pre-tokens of 100,000 characters: their number alone would bound nothing. */
  @Test
  void soAreItsBytes() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      texts.add((i % 2 == 0 ? "x" : "\u4e2d").repeat(100_000 + i));
    }
    texts.add(" often often often");
    VocabularyLearner bounded = learner(1 << 20, 1_000_000, texts);
    assertThat(counts(bounded).keySet().stream().mapToInt(VocabularyLearnerTest::bytes).sum())
        .isEqualTo(bounded.counts().bytes())
        .isLessThanOrEqualTo(1_000_000);
    assertThat(counts(bounded)).containsEntry(" often", 3L);
    assertThat(VocabularyLearner.bytesMax(256 << 20)).isEqualTo(8 << 20);
    assertThat(VocabularyLearner.bytesMax(1L << 40)).isEqualTo(1 << 26);
  }

  private static Map<String, Long> counts(VocabularyLearner learner) {
    return PreTokenCountsTest.map(learner.counts());
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
