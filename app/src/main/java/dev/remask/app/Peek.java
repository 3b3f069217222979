package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Masker;
import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.EpochPlan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.topology.MaskingPolicies;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;

/**
 * One segment under the masks of several epochs (invariant 2: segment and plan are all it takes).
 */
final class Peek {
  record Place(int partition, long sequence) {}

  record View(int epoch, EpochPlan plan, Masked masked) {}

  private final Dataset dataset;
  private final Vocabulary vocabulary;
  private final Place place;
  private final Segment segment;
  private final int[] tokens;

  Peek(Settings settings, Dataset dataset, Place place) {
    this.dataset = dataset;
    this.vocabulary = DatasetSettings.vocabulary(dataset);
    this.place = place;
    this.segment = find(settings, dataset, place);
    this.tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
  }

  private static Segment find(Settings settings, Dataset dataset, Place place) {
    List<Segment> found = new ArrayList<>(1);
    LogReader.readAll(
        settings.clients(),
        settings.topics().segments(dataset.getName(), dataset.getPartitions()),
        record -> {
          Segment segment = record.value();
          if (segment.getPartition() == place.partition()
              && segment.getSequence() == place.sequence()) {
            found.add(segment);
          }
        });
    if (found.size() != 1) {
      throw new ConfigException(
          "--segment",
          place.partition() + ":" + place.sequence(),
          "dataset '" + dataset.getName() + "' has no such segment");
    }
    return found.get(0);
  }

  View view(int epoch, EpochPlan plan) {
    Masker masker =
        new Masker(
            plan.getSeed(),
            dataset.getName(),
            MaskingPolicies.decode(plan.getPolicy()),
            dataset.getVocabularySize());
    return new View(epoch, plan, masker.mask(epoch, place.partition(), place.sequence(), tokens));
  }

  void print(List<View> views, Console console) {
    MaskView text = new MaskView(vocabulary, console);
    List<String> documents =
        segment.getDocuments().stream().map(span -> span.getDocument()).distinct().toList();
    console.print(
        "segment "
            + place.partition()
            + ":"
            + place.sequence()
            + " of dataset "
            + dataset.getName()
            + ", "
            + tokens.length
            + " tokens, from "
            + String.join(", ", documents));
    console.print(text.legend());
    for (View view : views) {
      console.print("");
      console.print(
          console.in(Style.BOLD, "epoch " + view.epoch())
              + "  "
              + view.masked().positions().length
              + " selected");
      console.print(text.render(view.masked()));
    }
  }

  /** All that it takes to make the examples again, and the examples. */
  Map<String, Object> describe(List<View> views) {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("dataset", dataset.getName());
    described.put("vocabulary_size", dataset.getVocabularySize());
    described.put("partition", place.partition());
    described.put("sequence", place.sequence());
    described.put(
        "documents",
        segment.getDocuments().stream().map(span -> span.getDocument()).distinct().toList());
    described.put("tokens", tokens);
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
