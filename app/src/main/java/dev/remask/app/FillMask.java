package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.Learner;
import dev.remask.trainer.Prediction;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.ConfigException;

/** What a model would put in place of {@code <mask>}. */
final class FillMask {
  static final String MASK = "<mask>";

  /** A token's text, without its leading space, and how probable it is. */
  record Candidate(String text, double probability) {}

  /**
   * @param best for each mask of the sentence, the likeliest first
   */
  record Filled(String sentence, List<List<Candidate>> best) {}

  /**
   * What the model made of a sentence, in numbers.
   *
   * @param tokens the sentence's ids, with those at its ends
   * @param logits by the position of each mask: the score of every token there, before the softmax
   */
  record Scored(String sentence, List<Integer> tokens, SortedMap<Integer, float[]> logits) {}

  private final Vocabulary vocabulary;
  private final Tokenizer tokenizer;
  private final Learner learner;
  private final int tokensMax;

  FillMask(Vocabulary vocabulary, Learner learner, int tokensMax) {
    this.vocabulary = vocabulary;
    this.tokenizer = new Tokenizer(vocabulary);
    this.learner = learner;
    this.tokensMax = tokensMax;
  }

  /** Whether the model is long enough for the sentence. */
  boolean fits(String sentence) {
    return ids(sentence).length <= tokensMax;
  }

  /**
   * @throws ConfigException if the sentence has no mask, or is too long for the model
   */
  Filled fill(String sentence, int most) {
    int[] ids = ids(sentence);
    List<List<Candidate>> best = new ArrayList<>();
    for (int position : masks(sentence, ids)) {
      best.add(learner.predict(ids, position, most).stream().map(this::candidate).toList());
    }
    return new Filled(sentence, best);
  }

  /** ConfigException as above. */
  Scored score(String sentence) {
    int[] ids = ids(sentence);
    SortedMap<Integer, float[]> logits = new TreeMap<>();
    for (int position : masks(sentence, ids)) {
      logits.put(position, learner.logits(ids, position));
    }
    return new Scored(sentence, IntStream.of(ids).boxed().toList(), logits);
  }

  private int[] masks(String sentence, int[] ids) {
    if (ids.length > tokensMax) {
      throw new ConfigException(
          "sentence", sentence, "has " + ids.length + " tokens, the model takes " + tokensMax);
    }
    int[] masks = IntStream.range(0, ids.length).filter(i -> ids[i] == vocabulary.mask()).toArray();
    if (masks.length == 0) {
      throw new ConfigException("sentence", sentence, "must contain " + MASK);
    }
    return masks;
  }

  /** The mask takes the space before it with it, as in Hugging Face's tokenizer. */
  private int[] ids(String sentence) {
    IntStream.Builder ids = IntStream.builder().add(Vocabulary.BOS);
    String[] parts = sentence.split(MASK, -1);
    for (int i = 0; i < parts.length; i++) {
      if (i > 0) {
        ids.add(vocabulary.mask());
      }
      String text = i < parts.length - 1 ? parts[i].stripTrailing() : parts[i];
      for (int id : tokenizer.encode(text)) {
        ids.add(id);
      }
    }
    return ids.add(Vocabulary.EOS).build().toArray();
  }

  private Candidate candidate(Prediction prediction) {
    return new Candidate(vocabulary.decode(prediction.token()).strip(), prediction.probability());
  }

  static String render(Filled filled, Console console) {
    String sentence = filled.sentence();
    StringBuilder text = new StringBuilder();
    for (List<Candidate> candidates : filled.best()) {
      int at = sentence.indexOf(MASK);
      text.append(sentence, 0, at)
          .append(console.in(Style.GREEN, candidates.get(0).text()))
          .append(
              candidates.stream()
                  .map(FillMask::shown)
                  .collect(Collectors.joining(", ", " [", "]")));
      sentence = sentence.substring(at + MASK.length());
    }
    return text.append(sentence).toString();
  }

  private static String shown(Candidate candidate) {
    return String.format(Locale.ROOT, "%s %.2f", candidate.text(), candidate.probability());
  }
}
