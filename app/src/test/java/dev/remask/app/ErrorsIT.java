package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program while a broker or a registry is away. Proves that every command says who
 * does not answer, bears with it for {@code outage.max.seconds}, then ends with exit code 1 and one
 * line; and that it goes on when they come.
 */
@Timeout(120)
@ExtendWith(TestStack.Shared.class)
class ErrorsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String NOBODY = "127.0.0.1:1";

  @TempDir private Path folder;

  private final List<Program> programs = new ArrayList<>();

  /** Only what the test has started. */
  @AfterEach
  void stop() throws Exception {
    for (Program program : programs) {
      program.kill();
    }
  }

  private Program start(String broker, String registry, int outageMax, String... command)
      throws Exception {
    String[] settings = {
      "--data", folder.resolve("data").toString(),
      "--set", "kafka.bootstrap.servers=" + broker,
      "--set", "schema.registry.url=http://" + registry,
      "--set", "outage.max.seconds=" + outageMax
    };
    Program program = Program.start(folder, Program.join(command, settings));
    programs.add(program);
    return program;
  }

  /** Lines while it waits, on whichever of the two; then the line with which it ends. */
  private static void requireGivenUp(Program program, String... facts) throws Exception {
    String output = program.finish(PATIENCE, Main.FAILED);
    List<String> errors =
        program.errors().lines().filter(line -> line.startsWith("remask: ")).toList();
    String last = errors.get(errors.size() - 1);
    assertThat(last).contains("did not answer within 3 s").contains(facts);
    assertThat(output + errors).contains("giving up after 3 s");
    assertThat(errors).hasSizeLessThanOrEqualTo(2);
    assertThat(output + program.errors())
        .doesNotContain("Exception in")
        .doesNotContain("\tat ")
        .doesNotContain("REDACTED");
  }

  @Test
  void everyCommandWaitsAWhileForABrokerAndThenSaysThatThereIsNone() throws Exception {
    Map<String, Program> started = new LinkedHashMap<>();
    for (String command : new String[] {"dataset", "stream", "train", "status"}) {
      started.put(command, start(NOBODY, NOBODY, 3, command));
    }
    Program unknownHost = start("nowhere.invalid:9092", NOBODY, 3, "dataset");
    for (Program program : started.values()) {
      requireGivenUp(program, "Kafka at " + NOBODY);
    }
    requireGivenUp(unknownHost, "Kafka at nowhere.invalid:9092", "No resolvable bootstrap urls");
  }

  @Test
  void aRegistryThatIsAwayOrIsNoneIsWaitedForAndNamed(TestStack stack) throws Exception {
    String broker = String.valueOf(stack.clients().get("bootstrap.servers"));
    try (Answering broken = new Answering(500, "<html>oh</html>");
        Answering page = new Answering(200, "<html>welcome</html>")) {
      Program away = start(broker, NOBODY, 3, "dataset");
      Program failing = start(broker, broken.hostAndPort(), 3, "status");
      Program proxied = start(broker, page.hostAndPort(), 3, "dataset");
      Program unknownHost = start(broker, "nowhere.invalid:8081", 3, "dataset");
      requireGivenUp(away, "schema registry at http://" + NOBODY, "cannot reach");
      requireGivenUp(failing, "http://" + broken.hostAndPort(), "was answered 500");
      requireGivenUp(proxied, "http://" + page.hostAndPort(), "not JSON");
      requireGivenUp(unknownHost, "http://nowhere.invalid:8081", "cannot reach");
    }
  }

  @Test
  void whatComesUpMeanwhileIsUsed() throws Exception {
    int broker = SaslStack.freePort();
    int registry = SaslStack.freePort();
    Program status = start("127.0.0.1:" + broker, "127.0.0.1:" + registry, 90, "status");
    Await.until("it says that it waits", PATIENCE, () -> status.errors().contains("no answer"));
    Program up =
        Program.start(
            folder,
            "up",
            "--data",
            folder.resolve("up").toString(),
            "--port",
            Integer.toString(broker),
            "--registry-port",
            Integer.toString(registry));
    programs.add(up);
    assertThat(status.finish(PATIENCE, 0)).contains("no dataset yet");
    assertThat(status.errors()).contains("it is back");
    up.terminate(Duration.ofSeconds(30));
  }
}
