package dev.remask.app;

import dev.remask.app.Console.Style;
import java.util.Locale;

/** The table at the end of a demo. */
final class DemoSummary {
  private final DemoReport report;
  private final Console console;

  DemoSummary(DemoReport report, Console console) {
    this.report = report;
    this.console = console;
  }

  void print() {
    row(
        "documents",
        "%,d, %,d of them held out, %,d dead letters",
        report.documents(),
        report.heldoutDocuments(),
        report.deadLetters());
    row("segments", "%,d", report.segments());
    row(
        "learned",
        "%d %s: %,d examples, %,d tokens, %,d steps of %d",
        report.epochs(),
        report.epochs() == 1 ? "epoch" : "epochs",
        report.examples(),
        report.tokensTrained(),
        report.steps(),
        report.logicalBatch());
    if (report.steps() > 0) {
      row(
          "loss",
          "%.2f at the first step, %.2f over the last 50",
          report.initialLoss(),
          report.finalLoss());
    }
    if (!Double.isNaN(report.waitingShare())) {
      row("waiting", "%.1f %% of the replays' time, for examples", 100 * report.waitingShare());
    }
    if (Double.isNaN(report.heldoutMaskLoss())) {
      row("held out", "no document, so there is no telling what was learned");
    } else {
      heldOut();
    }
    row("checkpoint", "%s", report.checkpoint());
    row("took", "%.0f s", report.seconds());
  }

  private void heldOut() {
    double gain = report.unigramMaskLoss() - report.heldoutMaskLoss();
    row(
        "held out",
        "%.2f at <mask>; word frequencies alone: %.2f; %s",
        report.heldoutMaskLoss(),
        report.unigramMaskLoss(),
        console.in(
            gain > 0 ? Style.GREEN : Style.YELLOW,
            String.format(Locale.ROOT, "%.2f nats better", gain)));
    HeldOutFigures heldOut = report.heldout();
    row(
        "",
        "perplexity %.1f there, %.1f %% right, %.2f bits per byte",
        heldOut.maskPerplexity(),
        100 * heldOut.maskAccuracy(),
        heldOut.maskBitsPerByte());
    row(
        "",
        "%.2f over all selected tokens; word frequencies alone: %.2f, with copying: %.2f",
        heldOut.loss(),
        heldOut.unigramLoss(),
        heldOut.copyLoss());
  }

  private void row(String name, String format, Object... facts) {
    String label = String.format(Locale.ROOT, "%-12s", name);
    console.print("  " + console.in(Style.BOLD, label) + String.format(Locale.ROOT, format, facts));
  }
}
