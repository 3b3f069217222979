package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Masker;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.InputFormat;
import dev.remask.schemas.MaskingPolicy;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExamplesTest {
  private static final String TEXT = "The cat sat on the mat. The dog sat on the cat.";
  private static final Vocabulary VOCABULARY = Vocabulary.learn(List.of(TEXT), 270);

  private static Dataset dataset(byte[] tokenizer) {
    return Dataset.newBuilder()
        .setName("books")
        .setTokenizer(ByteBuffer.wrap(tokenizer))
        .setTokenizerSha256(VOCABULARY.sha256())
        .setVocabularySize(VOCABULARY.size())
        .setVocabularySizeAsked(VOCABULARY.size())
        .setInputFormat(InputFormat.FULL_SENTENCES)
        .setSegmentLength(24)
        .setPartitions(1)
        .setHeldOutPermille(0)
        .setDocumentsTopic("documents")
        .setDocumentsFormat(DocumentsFormat.AVRO)
        .setDocumentIds(DocumentIds.KEY)
        .setDocumentIdField("id")
        .setDocumentTextField("text")
        .setDocumentCharsMax(1_000)
        .setDuplicateWindow(0)
        .setDeclaredAt(Instant.EPOCH)
        .build();
  }

  private static EpochPlan plan(boolean wholeWord) {
    MaskingPolicy policy = MaskingPolicy.newBuilder().setWholeWord(wholeWord).build();
    return new EpochPlan("books", 42L, policy, 16, null, Instant.EPOCH);
  }

  @Test
  void wholeWordsAreThoseOfTheDatasetsVocabulary() {
    int[] tokens = new Tokenizer(VOCABULARY).encode(TEXT);
    var policy = Examples.policy(plan(true).getPolicy());
    Masker expected = new Masker(42, "books", policy, VOCABULARY.size(), VOCABULARY.wordStarts());
    Masker masker = Examples.masker(plan(true), dataset(VOCABULARY.tokenizerJson()));
    for (int epoch = 0; epoch < 20; epoch++) {
      assertThat(masker.mask(epoch, 0, 0, tokens))
          .usingRecursiveComparison()
          .isEqualTo(expected.mask(epoch, 0, 0, tokens));
    }
  }

  /** It may be large, and most policies have no use for it. */
  @Test
  void onlyWholeWordsReadTheVocabulary() {
    byte[] broken = {'{'};
    assertThat(Examples.masker(plan(false), dataset(broken)).mask(1, 0, 0, new int[] {0, 9}))
        .isNotNull();
    assertThatThrownBy(() -> Examples.masker(plan(true), dataset(broken)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
