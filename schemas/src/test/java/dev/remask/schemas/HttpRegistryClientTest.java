package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client makes of servers that misbehave. */
class HttpRegistryClientTest {
  /** Answers with a list of statuses, the last one again and again. */
  private static final class Script implements AutoCloseable {
    final List<String> seen = Collections.synchronizedList(new ArrayList<>());
    final HttpServer http;

    Script(String body, Integer... statuses) throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      http.createContext(
          "/",
          exchange -> {
            int status = statuses[Math.min(seen.size(), statuses.length - 1)];
            seen.add(
                exchange.getRequestMethod()
                    + " "
                    + exchange.getRequestURI()
                    + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Location", "/elsewhere");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
          });
      http.start();
    }

    String url() {
      return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open) {
      resource.close();
    }
  }

  private Script script(String body, Integer... statuses) throws IOException {
    Script script = new Script(body, statuses);
    open.add(script);
    return script;
  }

  private static HttpRegistryClient client(String urls, String... more) {
    Map<String, String> config = new HashMap<>();
    config.put("schema.registry.url", urls);
    config.put("retries.wait.ms", "1");
    for (int i = 0; i < more.length; i += 2) {
      config.put(more[i], more[i + 1]);
    }
    return new HttpRegistryClient(RegistryConfig.of(config), bound -> 0);
  }

  @ParameterizedTest
  @CsvSource({
    "401, org.apache.kafka.common.errors.AuthenticationException,          1",
    "403, org.apache.kafka.common.errors.AuthorizationException,           1",
    "409, org.apache.kafka.common.errors.SerializationException,           1",
    "422, org.apache.kafka.common.errors.SerializationException,           1",
    "302, org.apache.kafka.common.errors.DisconnectException,              4",
    "400, org.apache.kafka.common.errors.DisconnectException,              4",
    "404, org.apache.kafka.common.errors.DisconnectException,              4",
    "407, org.apache.kafka.common.errors.DisconnectException,              4",
    "507, org.apache.kafka.common.errors.DisconnectException,              4",
    "408, org.apache.kafka.common.errors.TimeoutException,                 4",
    "429, org.apache.kafka.common.errors.ThrottlingQuotaExceededException, 4",
    "500, org.apache.kafka.common.errors.TimeoutException,                 4",
    "502, org.apache.kafka.common.errors.DisconnectException,              4",
    "503, org.apache.kafka.common.errors.TimeoutException,                 4",
    "504, org.apache.kafka.common.errors.TimeoutException,                 4",
  })
  void aStatusBecomesAnExceptionAndOnlyWhatMayPassIsTriedAgain(
      int status, Class<?> exception, int requests) throws Exception {
    for (String body : new String[] {"{\"error_code\":1,\"message\":\"m\"}", "<html>", ""}) {
      Script server = script(body, status);
      Throwable thrown = catchThrowable(() -> client(server.url()).schema(1, "s"));
      assertThat(thrown).isExactlyInstanceOf(exception).hasMessageContaining("" + status);
      assertThat(server.seen).hasSize(requests);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {40401, 40402, 40403})
  void whatTheRegistryDoesNotHaveIsNoOutage(int code) throws Exception {
    Script server = script("{\"error_code\":" + code + ",\"message\":\"m\"}", 404);
    assertThatThrownBy(() -> client(server.url()).lookup("s", Samples.schema(0)))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("" + code);
    assertThat(server.seen).hasSize(1);
  }

  @Test
  void anIdThatTheRegistryDoesNotHaveYetIsAskedForOnceMore() throws Exception {
    String body = "{\"error_code\":40403,\"schema\":\"\\\"int\\\"\"}";
    Script behind = script(body, 404, 200);
    assertThat(client(behind.url()).schema(1, "s")).isEqualTo(Schema.create(Schema.Type.INT));
    assertThat(behind.seen).hasSize(2);

    Script server = script(body, 404);
    assertThatThrownBy(() -> client(server.url()).schema(1, "s"))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("40403");
    assertThat(server.seen).hasSize(2);
  }

  @Test
  void aPassingFailureIsNotSeen() throws Exception {
    Script server = script("{\"id\":7}", 503, 500, 429, 200);
    assertThat(client(server.url()).register("s", Samples.schema(0))).isEqualTo(7);
  }

  @Test
  void theNextAddressIsAskedAndThenAskedFirst() throws Exception {
    Script down = script("", 503);
    Script up = script("{\"id\":7}", 200);
    HttpRegistryClient client = client(down.url() + "," + up.url(), "max.retries", "1");
    assertThat(client.register("s", Samples.schema(0))).isEqualTo(7);
    assertThat(client.register("s", Samples.schema(0))).isEqualTo(7);
    assertThat(down.seen).hasSize(2);
    assertThat(up.seen).hasSize(2);
  }

  @Test
  void aRefusalIsNotAskedAgainElsewhere() throws Exception {
    Script first = script("", 409);
    Script second = script("{\"id\":7}", 200);
    HttpRegistryClient client = client(first.url() + "," + second.url());
    assertThatThrownBy(() -> client.register("s", Samples.schema(0)))
        .isExactlyInstanceOf(SerializationException.class);
    assertThat(second.seen).isEmpty();
  }

  @Test
  void credentialsGoToTheRegistryAndFollowNoRedirect() throws Exception {
    Script server = script("", 302);
    HttpRegistryClient client =
        client(
            server.url(),
            "basic.auth.credentials.source",
            "USER_INFO",
            "basic.auth.user.info",
            "Aladdin:open sesame",
            "max.retries",
            "0");
    assertThatThrownBy(() -> client.schema(1, "s")).hasMessageNotContaining("QWxh");
    // The example of RFC 7617, section 2.
    assertThat(server.seen)
        .containsExactly(
            "GET /schemas/ids/1?fetchMaxId=false&subject=s Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  }

  @Test
  void anAddressWhereNobodyListensIsAnOutage() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertThatThrownBy(() -> client("http://127.0.0.1:" + port).schema(1, "s"))
        .isExactlyInstanceOf(DisconnectException.class)
        .isInstanceOf(RetriableException.class)
        .hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void aServerThatAcceptsAndSaysNothingIsAnOutage() throws Exception {
    ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    open.add(silent);
    HttpRegistryClient client =
        client(
            "http://127.0.0.1:" + silent.getLocalPort(),
            "http.read.timeout.ms",
            "100",
            "max.retries",
            "1");
    assertThatThrownBy(() -> client.schema(1, "s")).isExactlyInstanceOf(TimeoutException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"schema\":\"no schema\",\"id\":\"x\"}",
        "{\"schema\":\"\\\"int\\\"\",\"id\":1.5,\"references\":[{\"name\":\"x\"}]}",
        "{\"schema\":\"syntax = proto3\",\"id\":[],\"schemaType\":\"PROTOBUF\"}"
      })
  void aStrangeAnswerIsNoOutage(String body) throws Exception {
    Script server = script(body, 200);
    assertThatThrownBy(() -> client(server.url()).schema(1, "s"))
        .isExactlyInstanceOf(SerializationException.class);
    assertThatThrownBy(() -> client(server.url()).register("s", Samples.schema(0)))
        .isExactlyInstanceOf(SerializationException.class);
  }

  /** A proxy's page with status 200, a login form, a health check: no record is to blame. */
  @ParameterizedTest
  @ValueSource(strings = {"", "<html>", "{}", "[]", "null", "{\"status\":\"ok\"}", "{\"id\":null}"})
  void anAnswerThatIsNoRegistrysIsAnOutage(String body) throws Exception {
    Script server = script(body, 200);
    assertThatThrownBy(() -> client(server.url(), "max.retries", "1").schema(1, "s"))
        .isExactlyInstanceOf(DisconnectException.class);
    assertThat(server.seen).hasSize(2);
    assertThatThrownBy(() -> client(server.url()).register("s", Samples.schema(0)))
        .isExactlyInstanceOf(DisconnectException.class);
  }

  @Test
  void anEndlessAnswerIsGivenUp() throws Exception {
    HttpServer endless =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    open.add(() -> endless.stop(0));
    endless.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] part = new byte[1 << 16];
          while (true) {
            exchange.getResponseBody().write(part);
          }
        });
    endless.start();
    HttpRegistryClient client =
        client("http://127.0.0.1:" + endless.getAddress().getPort(), "max.retries", "0");
    assertThatThrownBy(() -> client.schema(1, "s"))
        .hasRootCauseMessage("a body of more than 16777216 bytes");
  }
}
