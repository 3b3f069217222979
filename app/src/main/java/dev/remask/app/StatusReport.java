package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.app.LiveHistory.SourceFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A status for people. */
final class StatusReport {
  private static final int CHART_WIDTH = 78;
  private static final int CHART_HEIGHT = 12;
  private static final int SOURCE_SHOWN = 24;

  private final Console console;

  StatusReport(Console console) {
    this.console = console;
  }

  void print(Status status) {
    if (status.datasets().isEmpty() && status.runs().isEmpty()) {
      console.print("no dataset yet; 'remask dataset' declares one");
    }
    status.datasets().forEach(this::print);
    status.runs().forEach(this::print);
  }

  private void print(Status.OfDataset d) {
    console.print(
        console.in(Style.BOLD, "dataset " + d.name())
            + String.format(
                Locale.ROOT,
                "  %,d segments of at most %d tokens in %d partitions",
                d.segments(),
                d.segmentLength(),
                d.partitions()));
    console.print(
        String.format(
            Locale.ROOT,
            "  %,d documents = %,d packed + %,d pending + %,d held out + %,d duplicates + %,d tombstones + %,d dead letters%s",
            d.documents(),
            d.packed(),
            d.pending(),
            d.heldOut(),
            d.duplicates(),
            d.tombstones(),
            d.deadLetters(),
            d.balanced() ? "" : "   DOES NOT BALANCE"));
    String further = further(d);
    if (!further.isEmpty()) {
      console.print("  " + further);
    }
  }

  /** What only some datasets have. */
  private static String further(Status.OfDataset d) {
    List<String> parts = new ArrayList<>();
    if (d.updates() > 0) {
      parts.add(
          String.format(
              Locale.ROOT, "%,d updates among the packed, pending and held out", d.updates()));
    }
    if (d.truncatedTokens() + d.repeatedTokens() > 0) {
      parts.add("pairs: " + ofPairs(d.tokens(), d.truncatedTokens(), d.repeatedTokens()));
    }
    if (d.heldOutTruncatedTokens() + d.heldOutRepeatedTokens() > 0) {
      parts.add(
          "held out: "
              + ofPairs(d.heldOutTokens(), d.heldOutTruncatedTokens(), d.heldOutRepeatedTokens()));
    }
    return String.join("; ", parts);
  }

  private static String ofPairs(long tokens, long truncated, long repeated) {
    return String.format(
        Locale.ROOT,
        "of %,d tokens %,d truncated, %,d of other documents repeated",
        tokens,
        truncated,
        repeated);
  }

  private void print(Status.OfRun r) {
    console.print(
        console.in(Style.BOLD, "run " + r.name())
            + String.format(
                Locale.ROOT,
                "  on dataset %s, %,d steps%s",
                r.dataset(),
                r.steps(),
                r.loss() == null ? "" : String.format(Locale.ROOT, ", loss %.3f", r.loss())));
    for (EpochStatus e : r.epochs()) {
      console.print("  " + e.line());
    }
    if (r.heldOut() != null) {
      List<String> lines = r.heldOut().figures().lines();
      console.print(
          String.format(
              Locale.ROOT, "  held out at step %,d: %s", r.heldOut().step(), lines.get(0)));
      lines.stream().skip(1).forEach(line -> console.print("    " + line));
    }
    if (r.history() != null) {
      printLive(r);
      printChart(r.history());
    }
  }

  private void printLive(Status.OfRun run) {
    if (run.liveDelay() != null) {
      console.print(
          String.format(
              Locale.ROOT,
              "  live text was learned %.1f s after the document that filled its segment, %.1f s at most (median and most of the last %d live steps)",
              run.liveDelay().median(),
              run.liveDelay().max(),
              LiveHistory.STEPS));
    }
    if (!run.sources().isEmpty()) {
      console.print(
          String.format(
              Locale.ROOT,
              "  loss of live text before it was learned, first and last %d steps with the source:",
              LiveHistory.STEPS));
    }
    for (SourceFigures source : run.sources()) {
      console.print(
          String.format(
              Locale.ROOT,
              "    %-24s %6.3f %6.3f  %,d tokens",
              Terminal.column(source.source(), SOURCE_SHOWN),
              source.firstLoss(),
              source.loss(),
              source.tokens()));
    }
  }

  private void printChart(Status.History history) {
    if (history.learned.points().isEmpty()) {
      return;
    }
    boolean looked = !history.heldOut.points().isEmpty();
    console.print("");
    console.print(
        "  loss in nats by step:  "
            + console.in(Style.CYAN, "⠤⠒ learned from")
            + (looked ? "  " + console.in(Style.MAGENTA, "● held out") : "")
            + ", over all selected tokens");
    LossChart.draw(
            history.learned.points(),
            history.heldOut.points(),
            CHART_WIDTH,
            CHART_HEIGHT,
            text -> console.in(Style.CYAN, text),
            text -> console.in(Style.MAGENTA, text))
        .forEach(console::print);
  }
}
