package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.Topic;
import dev.remask.topology.MaskingPolicies;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * One segment under the masks of several epochs (invariant 2: segment and plan are all it takes).
 */
final class Peek {
  record View(int epoch, EpochPlan plan, Masked masked) {}

  private final Dataset dataset;
  private final Vocabulary vocabulary;
  private final Segment segment;
  private final int[] tokens;

  Peek(Dataset dataset, Segment segment) {
    this.dataset = dataset;
    this.vocabulary = DatasetSettings.vocabulary(dataset);
    this.segment = segment;
    this.tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
  }

  /**
   * @throws ConfigException if there is no segment at this place
   */
  static Peek of(Settings settings, Dataset dataset, SequenceKey place) {
    Topic<Segment> segments =
        settings.topics().segments(dataset.getName(), dataset.getPartitions());
    return LogReader.find(settings.clients(), segments, place)
        .map(segment -> new Peek(dataset, segment))
        .orElseThrow(
            () ->
                new ConfigException(
                    "--segment",
                    place.partition() + ":" + place.sequence(),
                    "dataset '" + dataset.getName() + "' has no such segment"));
  }

  View view(int epoch, EpochPlan plan) {
    Masker masker = MaskingPolicies.maskers(plan, dataset).get();
    return new View(
        epoch, plan, masker.mask(epoch, segment.getPartition(), segment.getSequence(), tokens));
  }

  void print(List<View> views, Console console) {
    MaskView text = new MaskView(vocabulary, console);
    List<String> documents =
        segment.getDocuments().stream().map(span -> span.getDocument()).distinct().toList();
    console.print(
        "segment "
            + segment.getPartition()
            + ":"
            + segment.getSequence()
            + " of dataset "
            + dataset.getName()
            + ", "
            + tokens.length
            + " tokens, from "
            + String.join(", ", documents));
    if (isPair()) {
      console.print(
          "two parts; the second "
              + (follows()
                  ? "follows the first in its document"
                  : "is from another document, " + documents.get(documents.size() - 1)));
    }
    console.print(text.legend());
    for (View view : views) {
      console.print("");
      console.print(
          console.in(Style.BOLD, "epoch " + view.epoch())
              + "  "
              + view.masked().positions().length
              + " selected");
      console.print(text.render(view.masked(), segment.getSecondPart()));
    }
  }

  private boolean isPair() {
    return segment.getSecondPart() >= 0;
  }

  private boolean follows() {
    return Boolean.TRUE.equals(segment.getNextSentence());
  }

  /** All that it takes to make the examples again (docs/recompute.py does), and the examples. */
  Map<String, Object> describe(List<View> views) {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("dataset", dataset.getName());
    described.put("vocabulary_size", dataset.getVocabularySize());
    described.put("partition", segment.getPartition());
    described.put("sequence", segment.getSequence());
    described.put(
        "documents",
        segment.getDocuments().stream().map(span -> span.getDocument()).distinct().toList());
    described.put("tokens", tokens);
    if (isPair()) {
      described.put("second_part", segment.getSecondPart());
      described.put("next_sentence", follows());
    }
    if (views.stream().anyMatch(view -> view.plan().getPolicy().getWholeWord())) {
      BitSet starts = vocabulary.wordStarts();
      described.put(
          "word_starts", Arrays.stream(tokens).filter(starts::get).sorted().distinct().toArray());
    }
    described.put("examples", views.stream().map(Peek::describe).toList());
    return described;
  }

  private static Map<String, Object> describe(View view) {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("epoch", view.epoch());
    described.put("seed", view.plan().getSeed());
    described.put("policy", MaskingPolicies.decode(view.plan().getPolicy()).canonical());
    described.put("inputs", view.masked().inputs());
    described.put("positions", view.masked().positions());
    described.put("labels", view.masked().labels());
    return described;
  }
}
