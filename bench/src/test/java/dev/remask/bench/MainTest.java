package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class MainTest {
  private static final Row WITH_PEER = new Row("b", 1_234.56, "u/s", "other", 0.5, 5, 0.123);
  private static final Row WITHOUT = new Row("long-name", 0.25, "s", null, null, 5, 1);

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private int ran;

  @BeforeEach
  void setHome() {
    System.setProperty("remask.bench", "here");
  }

  @AfterEach
  void clearHome() {
    System.clearProperty("remask.bench");
  }

  private int run(String... arguments) {
    Benchmark benchmark =
        setup -> {
          ran++;
          setup.notes().accept("runs " + setup.runs());
          return List.of(WITH_PEER, WITHOUT);
        };
    CommandLine command =
        Main.commandLine(
            List.of(
                new Main.Entry("first", "one thing", benchmark),
                new Main.Entry("second", "another", benchmark)));
    return command
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "first third|no benchmark 'third'; allowed: first, second",
        "first list|no benchmark 'list'; allowed: first, second",
        "first --runs 4|--runs 4; allowed: 5 to 1000",
        "first --runs 1001|--runs 1001; allowed: 5 to 1000",
        "first --runs many|Invalid value for option '--runs': 'many' is not an int",
        "first --fast|Unknown option: '--fast'",
        "--json|Missing required parameter: 'NAME'"
      })
  void aWrongCommandIsOneLineAndRunsNothing(String arguments, String line) {
    assertThat(run(arguments.split(" "))).isEqualTo(2);
    assertThat(err).hasToString("bench: " + line + System.lineSeparator());
    assertThat(out.toString()).isEmpty();
    assertThat(ran).isZero();
  }

  @Test
  void listNamesAll() {
    assertThat(run("list")).isZero();
    assertThat(out.toString().lines())
        .containsExactly("first       one thing", "second      another");
    assertThat(ran).isZero();
  }

  @Test
  void jsonIsOneArrayOnStandardOutput() throws Exception {
    assertThat(run("second", "first", "--json", "--runs", "7")).isZero();
    JsonNode array = new ObjectMapper().readTree(out.toString());
    assertThat(array).hasSize(4);
    assertThat(array.get(0))
        .hasToString(
            "{\"name\":\"b\",\"value\":1234.56,\"unit\":\"u/s\",\"peer\":\"other\",\"ratio\":0.5,\"runs\":5,\"spread\":0.123}");
    assertThat(array.get(1).get("peer").isNull()).isTrue();
    assertThat(array.get(1).get("ratio").isNull()).isTrue();
    assertThat(err.toString().lines()).hasSize(3).contains("runs 7");
    assertThat(err.toString()).contains("cores, JDK " + Runtime.version());
  }

  @Test
  void theTableIsAligned() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(run("first")).isZero();
    } finally {
      Locale.setDefault(before);
    }
    assertThat(out)
        .hasToString(
            """
            name       value  unit  ratio  peer   runs  spread
            b          1,235  u/s   0.500  other  5     12 %
            long-name  0.250  s     -      -      5     100 %
            """);
  }

  @Test
  void aFailureIsNoResult() {
    Benchmark failing =
        setup -> {
          throw new IllegalStateException("broken");
        };
    int code =
        Main.commandLine(List.of(new Main.Entry("failing", "", failing)))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute("failing", "--json");
    assertThat(code).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("broken");
  }
}
