package dev.remask.app;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthServerTest {
  private static final class Fake implements Health {
    private volatile Optional<String> fault = Optional.empty();
    private volatile Optional<String> notReady = Optional.empty();

    @Override
    public Optional<String> fault() {
      return fault;
    }

    @Override
    public Optional<String> notReady() {
      return notReady;
    }
  }

  private final Fake health = new Fake();
  private Monitoring monitoring;

  @BeforeEach
  void open() {
    monitoring = Scrape.open(0);
  }

  @AfterEach
  void close() {
    monitoring.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return Scrape.ask(monitoring, "GET", path);
  }

  private void assertAnswer(String path, int status, Map<String, String> body) throws Exception {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(new ObjectMapper().readValue(response.body(), Map.class)).isEqualTo(body);
    assertThat(response.body().lines()).hasSize(1);
  }

  @Test
  void goesFromStartingToReadyToAwayToReadyToFailed() throws Exception {
    Map<String, String> up = Map.of("status", "up");
    assertAnswer("/healthz", 200, up);
    assertAnswer("/readyz", 503, Map.of("status", "not ready", "reason", "starting"));

    monitoring.watch(health);
    assertAnswer("/healthz", 200, up);
    assertAnswer("/readyz", 200, Map.of("status", "ready"));

    health.notReady = Optional.of("the \"broker\" is away\nwith a second line");
    assertAnswer("/healthz", 200, up);
    assertAnswer("/readyz", 503, Map.of("status", "not ready", "reason", "the \"broker\" is away"));

    health.notReady = Optional.empty();
    assertAnswer("/readyz", 200, Map.of("status", "ready"));

    health.fault = Optional.of("x".repeat(1000));
    String reason = "x".repeat(200) + "…";
    assertAnswer("/healthz", 503, Map.of("status", "down", "reason", reason));
    assertAnswer("/readyz", 503, Map.of("status", "not ready", "reason", reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/readyz", "/metrics"})
  void headIsGetWithoutTheBody(String path) throws Exception {
    HttpResponse<String> got = get(path);
    HttpResponse<String> head = Scrape.ask(monitoring, "HEAD", path);
    assertThat(head.statusCode()).isEqualTo(got.statusCode());
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("Content-Type"))
        .isEqualTo(got.headers().firstValue("Content-Type"));
    assertThat(head.headers().firstValueAsLong("Content-Length").orElseThrow()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/,404",
    "GET,/health,404",
    "GET,/healthz/,404",
    "GET,/metrics/all,404",
    "POST,/elsewhere,404",
    "GET,/healthz?verbose=1,200",
    "POST,/healthz,405",
    "PUT,/readyz,405",
    "DELETE,/metrics,405",
    "OPTIONS,/metrics,405"
  })
  void knowsThreePathsAndTwoMethods(String method, String path, int status) throws Exception {
    HttpResponse<String> response = Scrape.ask(monitoring, method, path);
    assertThat(response.statusCode()).isEqualTo(status);
    if (status == 405) {
      assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
    }
  }

  @Test
  void anAnswerThatFailsEndsThatAnswerAlone() throws Exception {
    monitoring.watch(
        new Health() {
          @Override
          public Optional<String> fault() {
            throw new IllegalStateException("password=hunter2");
          }

          @Override
          public Optional<String> notReady() {
            return Optional.empty();
          }
        });
    assertThat(get("/healthz").statusCode()).isEqualTo(500);
    assertThat(get("/healthz").body()).doesNotContain("hunter2");
    monitoring.watch(health);
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void slowClientsHoldUpNobodyAndAreCutOff() throws Exception {
    monitoring.watch(health);
    URI url = URI.create(monitoring.url().orElseThrow());
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 1; i < HealthServer.THREADS; i++) {
        Socket socket = new Socket(InetAddress.getByName(url.getHost()), url.getPort());
        slow.add(socket);
        socket.getOutputStream().write("GET /hea".getBytes(US_ASCII));
        socket.getOutputStream().flush();
      }
      assertThat(slow).isNotEmpty();
      for (int i = 0; i < 20; i++) {
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
      }
      for (Socket socket : slow) {
        socket.setSoTimeout((HealthServer.REQUEST_SECONDS_MAX + 3) * 1000);
        assertThat(endOf(socket)).isTrue();
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  private static boolean endOf(Socket socket) throws Exception {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.net.SocketException e) {
      return true; // reset
    }
  }

  @Test
  void aPortThatIsTakenIsAConfigurationError() {
    int port = URI.create(monitoring.url().orElseThrow()).getPort();
    assertThatThrownBy(() -> Scrape.open(port))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("http.port")
        .hasMessageContaining(Integer.toString(port));
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1", "[::1"})
  void anAddressOfAnotherMachineIsAConfigurationError(String address) {
    Settings settings = Settings.of(Map.of(), null, Map.of(), Map.of("http.address", address));
    assertThatThrownBy(() -> Monitoring.open(settings))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("http.address")
        .hasMessageContaining(address);
  }

  @Test
  void listensOnLoopbackUnlessToldOtherwise() {
    assertThat(monitoring.url().orElseThrow()).startsWith("http://127.0.0.1:");
  }

  @Test
  void minusOneIsNone() {
    try (Monitoring none = Scrape.open(-1)) {
      assertThat(none.url()).isEmpty();
      StreamMeters.bind(none.registry(), StreamMetersTest::idle);
    }
    Map<String, String> below = Map.of("http.port", "-2");
    assertThatThrownBy(() -> Settings.of(Map.of(), null, Map.of(), below))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void aClosedOneGivesItsPortBack() {
    int port = URI.create(monitoring.url().orElseThrow()).getPort();
    monitoring.close();
    try (Monitoring again = Scrape.open(port)) {
      assertThat(again.url().orElseThrow()).endsWith(":" + port);
    }
  }
}
