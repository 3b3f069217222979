package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.app.LiveHistory.DelaySeconds;
import dev.remask.app.LiveHistory.SourceFigures;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusReportTest {
  private static List<String> print(Status status) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    new StatusReport(new Console(print, false, () -> 0)).print(status);
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static Status.OfRun run(SourceFigures source) {
    return new Status.OfRun(
        "first",
        "news",
        List.of(),
        7,
        5.5,
        1e-3,
        null,
        List.of(source),
        new DelaySeconds(0.5, 1.1),
        new Status.History());
  }

  @Test
  void nothingIsSaidToBeNothing() {
    assertThat(print(new Status(List.of(), List.of())))
        .singleElement()
        .asString()
        .contains("no dataset yet");
  }

  @Test
  void whatPairsLeaveOutIsToldOfBothHalves() {
    Status.OfDataset pairs =
        new Status.OfDataset(
            "news", "0", 64, 4, 9, 10, 7, 1, 2, 0, 0, 0, 0, 2_000, 30, 40, 500, 6, 7, true);
    assertThat(print(new Status(List.of(pairs), List.of())))
        .contains(
            "  pairs: of 2,000 tokens 30 truncated, 40 of other documents repeated;"
                + " held out: of 500 tokens 6 truncated, 7 of other documents repeated");
  }

  @Test
  void aSourceNeitherSteersTheTerminalNorLeavesItsColumn() {
    String hostile = "\u001B[2J\n" + "x".repeat(40);
    List<String> lines =
        print(new Status(List.of(), List.of(run(new SourceFigures(hostile, 20, 6.25, 5.5)))));
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1))
        .endsWith(
            "learned 0.5 s after the document that filled its segment, 1.1 s at most (median and most of the last 50 live steps)");
    assertThat(lines.get(3))
        .endsWith("    \uFFFD[2J " + "x".repeat(18) + "…  6.250  5.500  20 tokens");
  }
}
