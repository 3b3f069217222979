package dev.remask.mlm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BpeLearnerTest {
  private static final Comparator<List<String>> BY_TEXT = Comparator.comparing(List::toString);

  /** Sennrich et al., 2016: count all pairs anew, join the most frequent; ties as the learner's. */
  private static List<String> reference(
      Map<String, Long> preTokens, List<String> initial, int most) {
    List<String> tokens = new ArrayList<>(initial);
    Map<List<String>, Long> words = new TreeMap<>(BY_TEXT);
    preTokens.forEach(
        (word, count) -> words.put(Arrays.asList(ByteAlphabet.write(word).split("")), count));
    List<String> merges = new ArrayList<>();
    while (tokens.size() < most) {
      Map<List<Integer>, Long> counts =
          new TreeMap<>(Comparator.comparing(p -> ((long) p.get(0) << 32) + p.get(1)));
      words.forEach(
          (word, count) -> {
            for (int i = 0; i + 1 < word.size(); i++) {
              List<Integer> pair =
                  List.of(tokens.indexOf(word.get(i)), tokens.indexOf(word.get(i + 1)));
              counts.merge(pair, count, Long::sum);
            }
          });
      List<Integer> best = null;
      for (Map.Entry<List<Integer>, Long> entry : counts.entrySet()) {
        if (best == null || entry.getValue() > counts.get(best)) {
          best = entry.getKey();
        }
      }
      if (best == null || counts.get(best) < 2) {
        return merges;
      }
      String left = tokens.get(best.get(0));
      String right = tokens.get(best.get(1));
      assertThat(tokens).doesNotContain(left + right);
      tokens.add(left + right);
      merges.add(left + " " + right);
      Map<List<String>, Long> joined = new TreeMap<>(BY_TEXT);
      words.forEach((word, count) -> joined.put(join(word, left, right), count));
      words.clear();
      words.putAll(joined);
    }
    return merges;
  }

  private static List<String> join(List<String> word, String left, String right) {
    List<String> joined = new ArrayList<>();
    for (int i = 0; i < word.size(); i++) {
      if (i + 1 < word.size() && word.get(i).equals(left) && word.get(i + 1).equals(right)) {
        joined.add(left + right);
        i++;
      } else {
        joined.add(word.get(i));
      }
    }
    return joined;
  }

  private static PreTokenCounts counts(List<String> texts) {
    VocabularyLearner learner = new VocabularyLearner();
    texts.forEach(learner::add);
    return learner.counts();
  }

  private static PreTokenCounts counts(Map<String, Long> words) {
    PreTokenCounts counts = new PreTokenCounts();
    words.forEach(
        (word, count) -> {
          for (long i = 0; i < count; i++) {
            counts.add(word, 0, word.length());
          }
        });
    return counts;
  }

  @Test
  void plainTextIsLearnedAsByTheTextbook() {
    String text =
        "low low low low low lower lower newest newest newest newest newest newest widest";
    for (String example : List.of(text, String.join("", TestTexts.prose(20, 7)))) {
      PreTokenCounts preTokens = counts(List.of(example));
      List<String> expected =
          reference(PreTokenCountsTest.map(preTokens), ByteAlphabet.characters(), 256 + 100);
      Vocabulary vocabulary = Vocabulary.learn(preTokens, 4 + 256 + 100 + 1, 2);
      assertThat(vocabulary.mergesTxt().lines().skip(1).toList()).isEqualTo(expected);
    }
  }

  /**
   * Golden: SHA-256 of the merges.txt that Hugging Face's own trainer (tokenizers 0.23.2, Node
   * binding, byte-level pre-tokenizer, no minimum frequency, 30,000 tokens) makes of these lines.
   */
  @Test
  void mergesEqualHuggingFaces() {
    assertThat(merges(TestTexts.prose(20_000, 3)))
        .isEqualTo("6d11de71a8fca8cb06932ad7466e10e98562ff8bb7beb58a4c1321caf57b5cda");
    assertThat(merges(TestTexts.runs(20_000, 3)))
        .isEqualTo("a01436f71198825dfa1c0083f60c5ce1c62e75ae4e4f0873ccf1358bd63a9907");
  }

  private static String merges(List<String> lines) {
    Vocabulary vocabulary = Vocabulary.learn(counts(lines), 30_000 + 5, 0);
    return Digests.sha256(vocabulary.mergesTxt().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Small vocabularies of random words over few letters, where runs overlap: the textbook holds.
   */
  @Test
  void runsOfLettersAreLearnedAsByTheTextbook() {
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      Map<String, Long> words = new TreeMap<>();
      for (int word = random.nextInt(8); word >= 0; word--) {
        StringBuilder letters = new StringBuilder();
        for (int letter = random.nextInt(14); letter >= 0; letter--) {
          letters.append((char) ('a' + random.nextInt(2)));
        }
        words.put(letters.toString(), 1L + random.nextInt(6));
      }
      List<String> expected = reference(words, ByteAlphabet.characters(), 1 << 20);
      Vocabulary vocabulary = Vocabulary.learn(counts(words), 1 << 20, 2);
      assertThat(vocabulary.mergesTxt().lines().skip(1).toList()).isEqualTo(expected);
    }
  }
}
