package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Carry;
import dev.remask.mlm.Packer;
import dev.remask.mlm.Packing;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.Span;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class LiveRunTest {
  private static final int SEGMENT = 512;

  /** On this rests which example a document waits for. */
  @Test
  void everyDocumentCompletesTheSegmentOfTheOneBefore() throws Exception {
    EnglishText text = EnglishText.read(Path.of("target/bench/corpora"));
    Tokenizer tokenizer = new Tokenizer(Vocabulary.learn(text.documents(), 1_000));
    List<String> documents = LiveRun.sentences(text, tokenizer, SEGMENT);
    assertThat(documents).hasSizeGreaterThan(200).doesNotHaveDuplicates();

    Packer packer = Packer.fullSentences(SEGMENT);
    Carry carry = Carry.EMPTY;
    for (int i = 0; i < documents.size(); i++) {
      List<int[]> sentences =
          Sentences.prose(Locale.ROOT).split(documents.get(i)).stream()
              .map(tokenizer::encode)
              .toList();
      Packing packing = packer.pack(carry, Integer.toString(i), sentences);
      assertThat(packing.segments()).hasSize(i == 0 ? 0 : 1);
      if (i > 0) {
        assertThat(packing.segments().get(0).spans())
            .extracting(Span::document)
            .containsExactly(Integer.toString(i - 1));
      }
      carry = packing.carry();
    }
  }
}
