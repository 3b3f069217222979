package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Mistakes that are seen before anything is asked: each ends with exit code 2 and one line that
 * names what and where, and none brings a value to light that may be a secret.
 */
class MistakesTest {
  private static final String SECRET = "Pa55-marker";
  private static final String LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule";

  @TempDir private Path folder;

  private Told told(String... arguments) {
    return Told.by(Program.join(arguments, "--data", folder.resolve("data").toString()));
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        of("dataset --config /nowhere/a.properties", "--config", "/nowhere/a.properties"),
        of("dataset --set run.nam=x", "unknown setting", "run.nam"),
        of("stream --set kafka.bootstrap.server=b:1", "unknown", "kafka.bootstrap.server'"),
        of("train --set batch.size=many", "batch.size", "many"),
        of("train --set batch.size=0", "batch.size", "0", "at least 1"),
        of("train --set batch.size=0tokens", "batch.size", "0tokens", "at least 1"),
        of("train --set batch.size=4kTokens", "batch.size", "4kTokens", "'4194304 tokens'"),
        of("train --set batch.size=1048577", "batch.size", "1048577", "at most 1048576 sequences"),
        of(
            "train --set segment.length=64 --set batch.size=63tokens",
            "batch.size",
            "63 tokens",
            "at least segment.length, 64 tokens"),
        of(
            "train --set segment.length=64 --set batch.size=999999999999tokens",
            "batch.size",
            "999999999999 tokens",
            "at most 1048576 sequences"),
        of("train --set batch.ramp.steps=-1", "batch.ramp.steps", "-1", "at least 0"),
        of("train --set batch.ramp.start=0", "batch.ramp.start", "0", "at least 1"),
        of(
            "train --set batch.ramp.steps=9 --set batch.ramp.start=257",
            "batch.ramp.start",
            "257",
            "from 1 to 256"),
        of("train --set learning.rate.scaling=root", "learning.rate.scaling", "root", "sqrt"),
        of("train --set learning.rate.base.batch=0", "learning.rate.base.batch", "0"),
        of(
            "train --set learning.rate.scaling=linear --set learning.rate=0.1 --set learning.rate.base.batch=16",
            "learning.rate.base.batch",
            "16",
            "1.6",
            "at most 1"),
        of("train --set learning.rate.schedule=cosine", "learning.rate.schedule", "polynomial"),
        of("train --set learning.rate.power=0", "learning.rate.power", "0"),
        of("train --set learning.rate.power=101", "learning.rate.power", "101", "100"),
        of("train --set model.dropout=1", "model.dropout", "1.0", "below 1"),
        of("train --set model.dropout=-0.1", "model.dropout", "-0.1", "at least 0"),
        of("status --set dataset.name=a.b", "dataset.name", "a.b", "letters"),
        of("dataset --vocab /nowhere/v.json", "--vocab", "/nowhere/v.json"),
        of("dataset", "nothing runs on", "kafka.bootstrap.servers"),
        of("replay --epochs 0", "--epochs", "0", "from 1 to"),
        of("replay --epochs x", "--epochs", "x", "see 'remask replay --help'"),
        of("up --port 70000", "--port", "70000", "65535"),
        of("train --until-step 0", "--until-step", "0", "at least 1"),
        of("delete", "--run", "--dataset"),
        of("delete --run a --dataset b", "--run", "--dataset"),
        of("ingest", "PATH"),
        of("ingest /nowhere/text", "/nowhere/text"),
        of("ingest pom.xml --text-field body", "pom.xml", "--as jsonl"),
        of("ingest --demo-text --as lines", "--as", "--demo-text"),
        of("vocab --from-topic --out /nowhere/v --id-field id", "--id-field", "--from-topic"),
        of("dead-letters --reason nix", "--reason", "nix", "bad-id, unreadable, empty, too-long"),
        of("dead-letters --files .", "--files", "--send-back"),
        of("dead-letters --send-back --files /nowhere/d", "--files", "/nowhere/d"),
        of("strem", "strem", "see 'remask --help'"),
        of("dataset --vocabulary=x", "--vocabulary", "see 'remask dataset --help'"));
  }

  private static Arguments of(String line, String... facts) {
    return Arguments.of(line, facts);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void aMistakeIsOneLineThatNamesWhatAndWhere(String line, String[] facts) {
    String[] arguments = line.split(" ");
    // The option of the data folder would be taken for an option of nothing.
    Told told = line.equals("strem") ? Told.by(arguments) : told(arguments);
    told.isOneLine(Main.WRONG_USAGE, facts);
    assertThat(told.output()).isEmpty();
  }

  static Stream<Arguments> mistakesWithSecrets() {
    String login = LOGIN + " required username=\"alice\" password=\"" + SECRET + "\";";
    String sasl = "--set kafka.security.protocol=SASL_PLAINTEXT --set kafka.sasl.mechanism=PLAIN ";
    return Stream.of(
        with("kafka.sasl.jaas.confg", "--set", "kafka.sasl.jaas.confg=" + login),
        with("kafak.sasl.jaas.config", "--set", "kafak.sasl.jaas.config=" + login),
        with("not shown", "--set", "kafka.sasl.jaas.config: " + login),
        with("--set must be KEY=VALUE", "--set", "kafka.sasl.jaas.config: " + SECRET),
        with("an argument", "password=\"" + SECRET + "\";"),
        with("--pasword", "--pasword=" + SECRET),
        with("not shown", "--set", "schema.registry.url=http//user:" + SECRET + "@r"),
        with("not shown", "--set", "schema.registry.url=http://user:1/" + SECRET + "@r"),
        with(
            "credentials.source",
            "--set",
            "schema.registry.url=http://user:" + SECRET + "@127.0.0.1:1"),
        with(
            "schema.registry.basic.auth.credentials.source",
            "--set",
            "schema.registry.basic.auth.user.info=user:" + SECRET),
        with(
            "schema.registry.bearer.auth.credentials.source",
            "--set",
            "schema.registry.bearer.auth.token=" + SECRET),
        with("schema.registry.baerer.token", "--set", "schema.registry.baerer.token=" + SECRET),
        with("control flag", split(sasl, login.replace("required ", ""))),
        with("semi-colon", split(sasl, login.replace(";", ""))),
        with("LoginModule", split(sasl, login.replace(LOGIN, "nowhere.LoginModule"))),
        with(
            "/nowhere/keys",
            "--set",
            "kafka.security.protocol=SSL",
            "--set",
            "kafka.ssl.keystore.location=/nowhere/keys",
            "--set",
            "kafka.ssl.keystore.password=" + SECRET));
  }

  private static String[] split(String options, String login) {
    return Program.join(options.split(" "), "--set", "kafka.sasl.jaas.config=" + login);
  }

  private static Arguments with(String fact, String... arguments) {
    return Arguments.of(fact, arguments);
  }

  /** Nothing listens at the address: these are seen before it is asked. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakesWithSecrets")
  void noMistakeBringsASecretToLight(String fact, String[] arguments) throws Exception {
    Path file = folder.resolve("a.properties");
    Files.writeString(
        file,
        """
        kafka.bootstrap.servers=127.0.0.1:1
        schema.registry.url=http://127.0.0.1:1
        outage.max.seconds=1
        """);
    Told told =
        told(Program.join(new String[] {"dataset", "--config", file.toString()}, arguments));
    assertThat(told.errors()).contains(fact).doesNotContain(SECRET);
    assertThat(told.output()).doesNotContain(SECRET);
    told.isOneLine(Main.WRONG_USAGE, fact);
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      told("up", "--port", port).isOneLine(Main.WRONG_USAGE, "--port", port, "in use");
      told("up", "--port", "0", "--registry-port", port)
          .isOneLine(Main.WRONG_USAGE, "--registry-port", port, "in use");
    }
  }

  @Test
  void aFolderThatAnotherHasOrThatHoldsSomethingElseIsNamed() throws Exception {
    DataFolder data = new DataFolder(folder.resolve("data"));
    FileLock lock = data.lock();
    told("up", "--port", "0", "--registry-port", "0")
        .isOneLine(Main.WRONG_USAGE, data.root().toString(), "in use by another");
    lock.acquiredBy().close();
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("letters.txt"), "mine");
    Told.by("up", "--data", other.toString(), "--port", "0", "--registry-port", "0")
        .isOneLine(Main.WRONG_USAGE, other.toString(), "other files");
    assertThat(other.resolve("letters.txt")).hasContent("mine");
  }
}
