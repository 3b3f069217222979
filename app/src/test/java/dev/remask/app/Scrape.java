package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/** Asks as a probe and a scraper do. */
final class Scrape {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  private Scrape() {}

  static Monitoring open(int port) {
    return Monitoring.open(
        Settings.of(Map.of(), null, Map.of(), Map.of("http.port", Integer.toString(port))));
  }

  static HttpResponse<String> ask(Monitoring monitoring, String method, String path)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(monitoring.url().orElseThrow() + path))
            .timeout(ANSWER_MAX)
            .method(
                method,
                method.equals("POST")
                    ? HttpRequest.BodyPublishers.ofString("anything")
                    : HttpRequest.BodyPublishers.noBody())
            .build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  static PrometheusText metrics(Monitoring monitoring) throws IOException, InterruptedException {
    HttpResponse<String> response = ask(monitoring, "GET", "/metrics");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    return PrometheusText.parse(response.body());
  }
}
