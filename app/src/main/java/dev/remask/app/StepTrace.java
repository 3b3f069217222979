package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.ReplayOrder.Slot;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.Trace;
import dev.remask.trainer.log.LedgerReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The documents behind a step.
 *
 * @param segments in the order they were learned
 * @param documents those with most tokens in the step first
 */
record StepTrace(String run, LedgerTable.Step step, List<Slot> segments, List<Source> documents) {
  private static final int WIDTH = 78;

  /**
   * A document that the step learned from.
   *
   * @param tokens of it in these segments
   * @param segments of the step that hold some of it, in order
   */
  record Source(String document, long tokens, List<Slot> segments) {}

  /**
   * Reads only where the step's segments lie.
   *
   * @throws ConfigException if the ledger has no such step
   */
  static StepTrace of(Settings settings, PlannedRun run, long wanted) {
    long last = LedgerReader.last(settings.clients(), settings.topics(), run.name());
    if (wanted < 1 || wanted > last) {
      throw new ConfigException(
          "--step", wanted, "run " + run.name() + " has learned " + last + " steps");
    }
    TrainingStep step = step(settings, run, wanted);
    List<Slot> learned = new Trace(run.plans(), run.window()).segments(step);
    Map<Slot, Segment> segments = read(settings, run, learned);
    Map<String, Long> tokens = new LinkedHashMap<>();
    Map<String, Set<Slot>> places = new HashMap<>();
    for (Slot slot : learned) {
      Segment segment = segments.get(slot);
      if (segment == null) {
        throw new IllegalStateException(
            "segment " + Places.name(slot) + " of step " + wanted + " is not in the log");
      }
      for (DocumentSpan span : segment.getDocuments()) {
        tokens.merge(span.getDocument(), (long) span.getEnd() - span.getStart(), Long::sum);
        places.computeIfAbsent(span.getDocument(), d -> new HashSet<>()).add(slot);
      }
    }
    List<Source> documents = new ArrayList<>();
    tokens.forEach(
        (document, count) ->
            documents.add(
                new Source(
                    document,
                    count,
                    places.getOrDefault(document, Set.of()).stream()
                        .sorted(Places.ORDER)
                        .toList())));
    documents.sort(Comparator.comparingLong(Source::tokens).reversed());
    return new StepTrace(run.name(), LedgerTable.Step.of(step), learned, documents);
  }

  private static TrainingStep step(Settings settings, PlannedRun run, long wanted) {
    AtomicReference<@Nullable TrainingStep> found = new AtomicReference<>();
    LedgerReader.forEach(
        settings.clients(),
        settings.topics(),
        run.name(),
        step -> {
          if (step.getStep() == wanted) {
            found.set(step);
          }
        });
    TrainingStep step = found.get();
    if (step == null) {
      throw new IllegalStateException("the ledger has lost step " + wanted);
    }
    return step;
  }

  private static Map<Slot, Segment> read(Settings settings, PlannedRun run, List<Slot> learned) {
    Topic<Segment> topic =
        settings.topics().segments(run.dataset().getName(), run.dataset().getPartitions());
    Set<Slot> wanted = new HashSet<>(learned);
    Map<Slot, Segment> segments = new HashMap<>();
    learned.stream()
        .collect(Collectors.groupingBy(Slot::partition, Collectors.summarizingLong(Slot::sequence)))
        .forEach(
            (partition, sequences) ->
                LogReader.readSequences(
                    settings.clients(),
                    topic,
                    partition,
                    sequences.getMin(),
                    sequences.getMax() + 1,
                    segment -> {
                      Slot slot = new Slot(segment.getPartition(), segment.getSequence());
                      if (wanted.contains(slot)) {
                        segments.put(slot, segment);
                      }
                    }));
    return segments;
  }

  void print(Console console) {
    console.print(
        console.in(Style.BOLD, String.format(Locale.ROOT, "step %,d of run %s", step.step(), run))
            + String.format(
                Locale.ROOT,
                "  %s, %,d examples of %,d documents, %,d tokens, loss %.3f",
                step.epoch() == 0
                    ? "live lane"
                    : "epoch "
                        + step.epoch()
                        + ", order "
                        + step.orderStart()
                        + "-"
                        + step.orderEnd(),
                step.examples(),
                documents.size(),
                step.realTokens(),
                step.loss()));
    int width = documents.stream().mapToInt(d -> d.document().length()).max().orElse(0);
    int name = Math.max(8, Math.min(width, 40));
    console.print(console.in(Style.BOLD, " tokens  " + pad("document", name) + "  segments"));
    for (Source document : documents) {
      console.print(
          String.format(
              Locale.ROOT,
              "%,7d  %s  %s",
              document.tokens(),
              pad(document.document(), name),
              Places.brief(document.segments(), WIDTH - 11 - name)));
    }
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
