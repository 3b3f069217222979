package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class WholeWordTest {
  private static final int V = 40;

  /** Every third id begins a word. */
  private static final BitSet STARTS =
      IntStream.range(4, V - 1)
          .filter(id -> id % 3 == 0)
          .collect(BitSet::new, BitSet::set, BitSet::or);

  private static MaskingPolicy policy(Kind kind, Selection selection, double p, boolean fairseq) {
    return new MaskingPolicy(kind, 3, selection, p, 0.8, 0.1, true, fairseq);
  }

  /** Special tokens anywhere, also none, also several in a row. */
  @Provide
  Arbitrary<int[]> segments() {
    return Arbitraries.frequencyOf(
            Tuple.of(1, Arbitraries.integers().between(0, 3)),
            Tuple.of(5, Arbitraries.integers().between(4, V - 2)))
        .array(int[].class)
        .ofMaxSize(150);
  }

  /** No word is half selected, no special token at all, and the words are as many as they must. */
  @Property
  void wordsAreSelectedWholeAndInTheRightNumber(
      @ForAll long seed,
      @ForAll Kind kind,
      @ForAll Selection selection,
      @ForAll @DoubleRange(min = 0.01, max = 1) double p,
      @ForAll @IntRange(min = -1, max = 50) int epoch,
      @ForAll @LongRange(min = 0) long sequence,
      @ForAll("segments") int[] tokens) {
    MaskingPolicy policy = policy(kind, selection, p, false);
    Masked masked = new Masker(seed, "d", policy, V, STARTS).mask(epoch, 5, sequence, tokens);
    BitSet selected = new BitSet();
    Arrays.stream(masked.positions()).forEach(selected::set);

    int words = 0;
    int selectedWords = 0;
    for (int start = 0, end; start < tokens.length; start = end) {
      end = start + 1;
      while (end < tokens.length
          && tokens[start] > 3
          && tokens[end] > 3
          && !STARTS.get(tokens[end])) {
        end++;
      }
      int count = selected.get(start, end).cardinality();
      assertThat(count).isIn(0, tokens[start] > 3 ? end - start : 0);
      words += tokens[start] > 3 ? 1 : 0;
      selectedWords += count > 0 ? 1 : 0;
    }
    if (selection == Selection.EXACT) {
      assertThat((double) selectedWords).isCloseTo(p * words, within(1.0001));
    }
  }

  /** With special tokens as candidates, all of them is all. */
  @Property
  void fairseqSelectsSpecialTokensToo(@ForAll Selection selection, @ForAll("segments") int[] t) {
    Masker masker = new Masker(1, "d", policy(Kind.DYNAMIC, selection, 1, true), V, STARTS);
    assertThat(masker.mask(0, 0, 0, t).labels()).isEqualTo(t);
  }

  /** The vocabulary's own word starts cut a tokenized text into its words. */
  @Test
  void aVocabularyKnowsWhereItsWordsBegin() {
    Vocabulary vocabulary = Vocabulary.learn(TestTexts.prose(300, 1), 400);
    String text = "banana inst Ωre, on\tthere 42!  an";
    int[] ids = new Tokenizer(vocabulary).encode(text);
    int[] tokens = new int[ids.length + 2];
    System.arraycopy(ids, 0, tokens, 1, ids.length);
    tokens[ids.length + 1] = Vocabulary.EOS;

    MaskingPolicy policy = policy(Kind.DYNAMIC, Selection.EXACT, 0.15, false);
    List<String> words =
        new ReferenceMasker(1, "d", policy, vocabulary.size(), vocabulary.wordStarts())
            .words(tokens).stream()
                .map(word -> word.stream().mapToInt(at -> tokens[at]).toArray())
                .map(vocabulary::decode)
                .collect(Collectors.toList());
    assertThat(words)
        .containsExactly(
            "<s>", "banana", " inst", " Ωre,", " on\tthere", " 42!", " ", " an", "</s>");
  }

  @Test
  void aWordStartIsTextThatStartsWithASpace() {
    Vocabulary vocabulary = Vocabulary.learn(TestTexts.prose(300, 1), 400);
    for (int id = 0; id < vocabulary.size(); id++) {
      boolean start = vocabulary.isText(id) && vocabulary.token(id).startsWith("Ġ");
      assertThat(vocabulary.wordStarts().get(id)).isEqualTo(start);
    }
    assertThat(vocabulary.wordStarts().cardinality()).isGreaterThan(10);
  }

  @Test
  void badArgumentsAreNamed() {
    MaskingPolicy policy = policy(Kind.DYNAMIC, Selection.EXACT, 0.15, false);
    assertThatThrownBy(() -> new Masker(1, "d", policy, V))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wholeWord true");
    BitSet mask = new BitSet();
    mask.set(V - 1);
    assertThatThrownBy(() -> new Masker(1, "d", policy, V, mask))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("word start 39");
  }
}
