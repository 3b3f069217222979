package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Vocabulary;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program among passwords, with Kafka's clients logging as much as they say by
 * default. Proves that the right ones work and the wrong ones end it at once, wherever they are
 * given; and that nothing that it writes, to whichever place, holds any of them.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(180)
class SecretsIT {
  /** Far below the time for which an outage is borne. */
  private static final Duration AT_ONCE = Duration.ofSeconds(60);

  private static final String RIGHT = "Pa55-right-marker";
  private static final String WRONG = "Pa55-wrong-marker";
  private static final String USER_INFO = "Pa55-user-info-marker";
  private static final String IN_URL = "Pa55-url-marker";
  private static final String TOKEN = "Pa55-token-marker";
  private static final String KEYSTORE = "Pa55-keystore-marker";
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final List<String> TALKATIVE = List.of("-Dremask.log.kafka=info");
  private static final String UNAUTHORIZED = "{\"error_code\":401,\"message\":\"Unauthorized\"}";

  /** All that the programs write is in here; what they are given is beside it. */
  private Path written;

  private Path given;
  private SaslStack stack;
  private final List<Program> programs = new ArrayList<>();

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    written = Files.createDirectory(folder.resolve("written"));
    given = Files.createDirectory(folder.resolve("given"));
    Vocabulary vocabulary = Vocabulary.learn(List.of("the old man and the sea "), 300);
    Files.write(given.resolve("vocabulary.json"), vocabulary.tokenizerJson());
    stack = SaslStack.start(Files.createDirectory(folder.resolve("broker")), RIGHT);
  }

  /** Only what this test has started. */
  @AfterAll
  void stop() throws Exception {
    for (Program program : programs) {
      program.kill();
    }
    if (stack != null) {
      stack.close();
    }
  }

  private Program start(Map<String, String> environment, String... arguments) throws Exception {
    String[] common = {
      "--data", written.resolve("data").toString(),
      "--set", "kafka.bootstrap.servers=" + stack.bootstrapServers(),
      "--set", "kafka.security.protocol=SASL_PLAINTEXT",
      "--set", "kafka.sasl.mechanism=PLAIN",
      "--set", "outage.max.seconds=600",
      "--set", "vocabulary.size=300",
      "--set", "segment.length=32"
    };
    Program program =
        Program.start(written, environment, TALKATIVE, Program.join(arguments, common));
    programs.add(program);
    return program;
  }

  private Path file(String name, String... lines) throws IOException {
    return Files.write(given.resolve(name), List.of(lines));
  }

  private static Map<String, String> login(String password) {
    return Map.of("REMASK_KAFKA_SASL_JAAS_CONFIG", SaslStack.login("alice", password));
  }

  private String[] registry() {
    return new String[] {"--set", "schema.registry.url=" + stack.registryUrl()};
  }

  /** Files that hold a secret, in the clear or as it goes over the wire. */
  private static List<Path> leaks(Path folder) throws IOException {
    List<String> secrets =
        Stream.of(RIGHT, WRONG, USER_INFO, IN_URL, TOKEN, KEYSTORE)
            .flatMap(secret -> Stream.of(secret, base64("user:" + secret)))
            .toList();
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(path -> secrets.stream().anyMatch(content(path)::contains))
          .toList();
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String content(Path path) {
    try {
      return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void requireNoLeak() throws IOException {
    assertThat(leaks(written)).as("files that hold a secret").isEmpty();
  }

  @Test
  void theRightPasswordsWorkWhereverTheyAreGivenAndAreShownNowhere() throws Exception {
    Path file =
        file(
            "right.properties",
            "kafka.sasl.jaas.config=" + SaslStack.login("alice", RIGHT),
            "schema.registry.url=" + stack.registryUrl(),
            "schema.registry.basic.auth.credentials.source=USER_INFO",
            "schema.registry.basic.auth.user.info=user:" + USER_INFO);
    String vocabulary = given.resolve("vocabulary.json").toString();
    Program dataset =
        start(Map.of(), "dataset", "--config", file.toString(), "--vocab", vocabulary);
    assertThat(dataset.finish(AT_ONCE, 0)).contains("declared: demo");

    Program status = start(login(RIGHT), Program.join(new String[] {"status"}, registry()));
    Program stream =
        start(
            Map.of(),
            "stream",
            "--set",
            "kafka.sasl.jaas.config=" + SaslStack.login("alice", RIGHT),
            "--set",
            "schema.registry.basic.auth.credentials.source=URL",
            "--set",
            "schema.registry.url="
                + stack.registryUrl().replace("http://", "http://user:" + IN_URL + "@"));
    assertThat(status.finish(AT_ONCE, 0)).contains("dataset demo");
    Await.until("it streams", AT_ONCE, () -> stream.output().contains("exactly once"));
    String url =
        stream.output().lines().filter(line -> line.contains("http  ")).findFirst().orElseThrow();
    url = url.substring(url.indexOf("http://"), url.indexOf("/healthz"));
    for (String page : List.of("/metrics", "/healthz", "/readyz")) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url + page)).build();
      HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      Files.writeString(written.resolve(page.substring(1) + ".txt"), answer.body());
    }
    stream.terminate(AT_ONCE);
    assertThat(written.resolve("data/logs/stream.log")).content().contains("[hidden]");
    requireNoLeak();
  }

  @Test
  void aWrongPasswordEndsEveryCommandAtOnce() throws Exception {
    Path file =
        file("wrong.properties", "kafka.sasl.jaas.config=" + SaslStack.login("alice", WRONG));
    List<Program> refused =
        List.of(
            start(login(WRONG), Program.join(new String[] {"dataset"}, registry())),
            start(
                Map.of(),
                Program.join(new String[] {"stream", "--config", file.toString()}, registry())),
            start(
                Map.of(),
                Program.join(
                    new String[] {
                      "status", "--set", "kafka.sasl.jaas.config=" + SaslStack.login("alice", WRONG)
                    },
                    registry())));
    for (Program program : refused) {
      String output = program.finish(AT_ONCE, Main.FAILED);
      Told.requireOneLine(
          program.errors().replace("Exception", ""),
          "Kafka at " + stack.bootstrapServers() + " refuses",
          "Authentication failed");
      assertThat(output).doesNotContain("giving up");
    }
    requireNoLeak();
  }

  @Test
  void aRegistryThatRefusesEndsEveryCommandAtOnce() throws Exception {
    try (Answering refusing = new Answering(401, UNAUTHORIZED)) {
      String url = "http://" + refusing.hostAndPort();
      Path file =
          file(
              "url.properties",
              "kafka.sasl.jaas.config=" + SaslStack.login("alice", RIGHT),
              "schema.registry.url=http://user:" + IN_URL + "@" + refusing.hostAndPort(),
              "schema.registry.basic.auth.credentials.source=URL",
              "kafka.ssl.keystore.password=" + KEYSTORE);
      List<Program> refused =
          List.of(
              start(Map.of(), "dataset", "--config", file.toString()),
              start(
                  login(RIGHT),
                  "status",
                  "--set",
                  "schema.registry.url=" + url,
                  "--set",
                  "schema.registry.bearer.auth.credentials.source=STATIC_TOKEN",
                  "--set",
                  "schema.registry.bearer.auth.token=" + TOKEN),
              start(
                  Stream.of(
                          login(RIGHT),
                          Map.of(
                              "REMASK_SCHEMA_REGISTRY_URL",
                              url,
                              "REMASK_SCHEMA_REGISTRY_BASIC_AUTH_CREDENTIALS_SOURCE",
                              "USER_INFO",
                              "REMASK_SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO",
                              "user:" + USER_INFO))
                      .flatMap(map -> map.entrySet().stream())
                      .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
                  "dataset"));
      for (Program program : refused) {
        program.finish(AT_ONCE, Main.FAILED);
        Told.requireOneLine(program.errors(), "schema registry at " + url + " refuses", "401");
      }
    }
    requireNoLeak();
  }

  /** That the search finds something where there is something. */
  @Test
  void aPrintedConfigurationIsFound(@TempDir Path folder) throws Exception {
    Settings settings =
        Settings.of(
            Map.of(),
            null,
            Map.of("REMASK_KAFKA_SASL_JAAS_CONFIG", SaslStack.login("alice", RIGHT)),
            Map.of());
    Path clear = Files.writeString(folder.resolve("a.log"), "values: " + settings.clients());
    Path wire = Files.writeString(folder.resolve("b.log"), "Basic " + base64("user:" + IN_URL));
    Files.writeString(folder.resolve("c.log"), "values: {sasl.jaas.config=[hidden]}");
    assertThat(leaks(folder)).containsExactlyInAnyOrder(clear, wire);
  }
}
