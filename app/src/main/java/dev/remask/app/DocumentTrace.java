package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.HeldOut;
import dev.remask.mlm.ReplayOrder.Slot;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.LogReader;
import dev.remask.schemas.Segment;
import dev.remask.schemas.Topic;
import dev.remask.trainer.Trace;
import dev.remask.trainer.log.LedgerReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The steps that learned from a document.
 *
 * @param heldOut whether its id holds it out (invariant 11): then no step has
 * @param tokens of it, in all its segments
 * @param segments that hold some of it
 * @param epochs that learned from it, the live lane counted
 */
record DocumentTrace(
    String run,
    String document,
    boolean heldOut,
    long tokens,
    int epochs,
    List<Slot> segments,
    List<Learned> steps) {
  private static final int PROGRESS_EVERY = 5_000;
  private static final int WIDTH = 78;

  /**
   * A step that learned from it.
   *
   * @param tokens of the document
   * @param segments in the order the step learned them
   */
  record Learned(long step, int epoch, double loss, long tokens, List<Slot> segments) {}

  /**
   * Reads all segments, as nothing else tells where a document is.
   *
   * @throws Failure if none holds it and it is not held out
   */
  static DocumentTrace of(Settings settings, PlannedRun run, String document, Console console) {
    if (HeldOut.contains(document, run.dataset().getHeldOutPermille())) {
      return new DocumentTrace(run.name(), document, true, 0, 0, List.of(), List.of());
    }
    Map<Slot, Long> tokens = find(settings, run, document, console);
    if (tokens.isEmpty()) {
      throw new Failure(
          "no segment of dataset "
              + run.dataset().getName()
              + " holds a document '"
              + document
              + "'; one that waits for its segment to fill is not there yet",
          null);
    }
    Trace.Search search = new Trace(run.plans(), run.window()).search(tokens.keySet());
    List<Learned> steps = new ArrayList<>();
    LedgerReader.forEach(
        settings.clients(),
        settings.topics(),
        run.name(),
        step -> {
          List<Slot> learned = search.learned(step);
          if (!learned.isEmpty()) {
            steps.add(
                new Learned(
                    step.getStep(),
                    step.getEpoch(),
                    step.getLoss(),
                    learned.stream().mapToLong(slot -> tokens.getOrDefault(slot, 0L)).sum(),
                    learned));
          }
        });
    return new DocumentTrace(
        run.name(),
        document,
        false,
        tokens.values().stream().mapToLong(count -> count).sum(),
        (int) steps.stream().mapToInt(Learned::epoch).distinct().count(),
        List.copyOf(tokens.keySet()),
        steps);
  }

  /** Its segments in order, and how many of its tokens each holds. */
  private static Map<Slot, Long> find(
      Settings settings, PlannedRun run, String document, Console console) {
    Topic<Segment> segments =
        settings.topics().segments(run.dataset().getName(), run.dataset().getPartitions());
    long total = Arrays.stream(LogReader.endSequences(settings.clients(), segments)).sum();
    Map<Slot, Long> tokens = new TreeMap<>(Places.ORDER);
    long[] read = {0};
    LogReader.readAll(
        settings.clients(),
        segments,
        record -> {
          Segment segment = record.value();
          for (DocumentSpan span : segment.getDocuments()) {
            if (span.getDocument().equals(document)) {
              tokens.merge(
                  new Slot(segment.getPartition(), segment.getSequence()),
                  (long) span.getEnd() - span.getStart(),
                  Long::sum);
            }
          }
          if (++read[0] % PROGRESS_EVERY == 0) {
            console.progress(
                "segments",
                String.format(
                    Locale.ROOT, "%,d of %,d read, %,d hold it", read[0], total, tokens.size()));
          }
        });
    return tokens;
  }

  void print(Console console) {
    if (heldOut) {
      console.print("document " + document + " is held out by its id: no step learns from it");
      return;
    }
    console.print(
        console.in(Style.BOLD, "document " + document)
            + String.format(
                Locale.ROOT,
                "  %,d tokens in %,d segments; learned by %,d steps in %,d epochs of run %s",
                tokens,
                segments.size(),
                steps.size(),
                epochs,
                run));
    console.print(console.in(Style.DIM, "segments " + Places.brief(segments, WIDTH - 9)));
    console.print(console.in(Style.BOLD, "   step epoch  tokens   loss  segments"));
    for (Learned step : steps) {
      console.print(
          String.format(
              Locale.ROOT,
              "%,7d %5s %,7d %6.3f  %s",
              step.step(),
              step.epoch() == 0 ? "live" : Integer.toString(step.epoch()),
              step.tokens(),
              step.loss(),
              Places.brief(step.segments(), WIDTH - 30)));
    }
  }
}
