package dev.remask.app;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /healthz}, {@code /readyz} and {@code /metrics} for probes and scrapers. Reads no request
 * body, answers one request per connection, and whatever goes wrong in an answer ends that answer
 * alone. Without login and encryption.
 */
final class HealthServer implements AutoCloseable {
  /** How many slow clients it takes to hold up another one. */
  static final int THREADS = 8;

  /** A client that has not sent its request by then is cut off. */
  static final int REQUEST_SECONDS_MAX = 3;

  private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);
  private static final int RESPONSE_SECONDS_MAX = 10;
  private static final int CONNECTIONS_MAX = 64;
  private static final int HEADERS_MAX = 64;
  private static final int BACKLOG = 64;
  private static final int REASON_CHARS_MAX = 200;

  static {
    // The JDK's server has these limits for the process alone, and reads them at its first use.
    limit("sun.net.httpserver.maxReqTime", REQUEST_SECONDS_MAX);
    limit("sun.net.httpserver.maxRspTime", RESPONSE_SECONDS_MAX);
    limit("sun.net.httpserver.maxReqHeaders", HEADERS_MAX);
    limit("jdk.httpserver.maxConnections", CONNECTIONS_MAX);
  }

  /** What {@code /metrics} says. */
  record Page(String mediaType, Supplier<String> text) {}

  private record Answer(int status, String mediaType, String text) {
    static Answer plain(int status, String text) {
      return new Answer(status, "text/plain; charset=utf-8", text + "\n");
    }
  }

  private final Map<String, Supplier<Answer>> pages;
  private final HttpServer http;
  private final ExecutorService threads;

  /**
   * Answers as soon as this returns.
   *
   * @param port 0 for any free one
   * @throws ConfigException if there is no such address here, or the port is taken
   */
  HealthServer(String address, int port, Health health, Page metrics) {
    pages =
        Map.of(
            "/healthz", () -> answer("up", "down", health.fault()),
            "/readyz", () -> answer("ready", "not ready", health.fault().or(health::notReady)),
            "/metrics", () -> new Answer(200, metrics.mediaType, metrics.text.get()));
    http = listen(address, port);
    threads = threads();
    http.createContext("/", this::handle);
    http.setExecutor(threads);
    http.start();
  }

  InetSocketAddress address() {
    return http.getAddress();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }

  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
    }
  }

  private static HttpServer listen(String address, int port) {
    InetAddress host = local(address);
    try {
      return HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
    } catch (IOException e) {
      throw new ConfigException(
          "http.port",
          port,
          "cannot be opened on %s: %s; give another, 0 for a free one, or -1 for none"
              .formatted(address, e.getMessage()));
    }
  }

  private static InetAddress local(String address) {
    try {
      InetAddress host = InetAddress.getByName(address);
      if (host.isAnyLocalAddress()
          || host.isLoopbackAddress()
          || NetworkInterface.getByInetAddress(host) != null) {
        return host;
      }
    } catch (UnknownHostException e) {
      LOG.debug("no address", e);
    } catch (IOException e) {
      throw new ConfigException("http.address", address, "cannot be looked up: " + e.getMessage());
    }
    throw new ConfigException(
        "http.address", address, "must be an address of this machine, or 0.0.0.0 for all");
  }

  private static ExecutorService threads() {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        THREADS,
        task -> {
          Thread thread = new Thread(task, "health-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer =
          answer(exchange.getRequestMethod(), String.valueOf(exchange.getRequestURI().getPath()));
      byte[] body = answer.text.getBytes(StandardCharsets.UTF_8);
      var headers = exchange.getResponseHeaders();
      headers.set("Content-Type", answer.mediaType);
      headers.set("Cache-Control", "no-store");
      headers.set("Connection", "close");
      if (answer.status == 405) {
        headers.set("Allow", "GET, HEAD");
      }
      if (exchange.getRequestMethod().equals("HEAD")) {
        headers.set("Content-Length", Integer.toString(body.length));
        exchange.sendResponseHeaders(answer.status, -1);
      } else {
        exchange.sendResponseHeaders(answer.status, body.length);
        exchange.getResponseBody().write(body);
      }
    }
  }

  private Answer answer(String method, String path) {
    Supplier<Answer> page = pages.get(path);
    if (page == null) {
      return Answer.plain(
          404, "there are " + String.join(", ", pages.keySet().stream().sorted().toList()));
    }
    if (!method.equals("GET") && !method.equals("HEAD")) {
      return Answer.plain(405, "GET or HEAD only");
    }
    try {
      return page.get();
    } catch (RuntimeException e) {
      LOG.error("{} failed", path, e);
      return Answer.plain(500, "failed, see the log");
    }
  }

  private static Answer answer(String good, String bad, Optional<String> reason) {
    Map<String, String> body = new LinkedHashMap<>();
    body.put("status", reason.isEmpty() ? good : bad);
    reason.ifPresent(text -> body.put("reason", oneLine(text)));
    return new Answer(reason.isEmpty() ? 200 : 503, "application/json", Json.text(body) + "\n");
  }

  private static String oneLine(String text) {
    String line = text.strip().lines().findFirst().orElse("");
    return line.length() <= REASON_CHARS_MAX ? line : line.substring(0, REASON_CHARS_MAX) + "…";
  }
}
