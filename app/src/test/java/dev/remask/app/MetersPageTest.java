package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of the meters says what there is: every meter of each command, and no other. */
class MetersPageTest {
  private static final Path PAGE = Path.of("..", "docs", "metrics.md");
  private static final Pattern ROW =
      Pattern.compile(
          "\\| `([a-z_]+)` \\| (\\S+) \\| ([^|]+) \\| ([^|]*)\\| ([^|]+) \\| [^|]{8,}\\|");

  /** Type and label names by meter. */
  private static Map<String, String> documented(String command) throws IOException {
    Map<String, String> meters = new TreeMap<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ROW.matcher(line);
      if (row.matches() && Set.of(row.group(5).split(", ")).contains(command)) {
        Set<String> labels = new TreeSet<>();
        Matcher label = Pattern.compile("`([a-z]+)[`=]").matcher(row.group(4));
        while (label.find()) {
          labels.add(label.group(1));
        }
        assertThat(meters.put(row.group(1), row.group(2) + labels)).as("a row twice").isNull();
      }
    }
    return meters;
  }

  private static Map<String, String> exposed(String command) throws Exception {
    try (Monitoring monitoring = Scrape.open(0)) {
      if (command.equals("stream")) {
        StreamMeters.bind(monitoring.registry(), StreamMetersTest::idle);
      } else {
        new TrainMeters(monitoring.registry(), System::nanoTime, r -> {})
            .recorded(LiveHistoryTest.step(1, 2, "news"));
      }
      Map<String, String> meters = new TreeMap<>();
      Scrape.metrics(monitoring)
          .families()
          .forEach(
              (name, family) -> {
                Set<String> labels = new TreeSet<>();
                family.samples().forEach(sample -> labels.addAll(sample.labels().keySet()));
                meters.put(name, family.type() + labels);
              });
      return meters;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stream", "train"})
  void thePageNamesExactlyWhatIsExposed(String command) throws Exception {
    assertThat(documented(command)).isEqualTo(exposed(command)).hasSizeGreaterThan(10);
  }

  @Test
  void everyRowOfTheTableIsRead() throws IOException {
    long rows =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| `remask_") || line.startsWith("| `jvm_"))
            .filter(line -> line.split("\\|").length > 4)
            .count();
    Set<String> read = new TreeSet<>(documented("stream").keySet());
    read.addAll(documented("train").keySet());
    assertThat(read).hasSize((int) rows);
  }

  @Test
  void theBuildIsNamed() throws Exception {
    try (Monitoring monitoring = Scrape.open(0)) {
      PrometheusText text = Scrape.metrics(monitoring);
      Map<String, String> labels =
          text.families().get("remask_build_info").samples().get(0).labels();
      assertThat(labels.get("version")).matches("[0-9]+\\.[0-9]+\\.[0-9]+.*");
      assertThat(labels).containsEntry("java", Runtime.version().toString());
    }
  }
}
