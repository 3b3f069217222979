package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.apache.avro.Schema;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Confluent's REST interface, the three requests that a serde needs. What may pass is tried again
 * with growing waits, then at the next address; the address that answered last is asked first.
 * Follows no redirect, so that credentials stay with the host they are for. Thread-safe.
 */
final class HttpRegistryClient implements RegistryClient {
  /** Not plain JSON: some registries refuse it. */
  static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";

  /** Short: hostile records may name one unknown id after another, and each costs this. */
  private static final long BEHIND_MS_MAX = 100;

  private static final long BODY_BYTES_MAX = 16 * 1024 * 1024;

  /** The field of an answer without which it is not a registry's. */
  private static final String ID = "id";

  private static final String SCHEMA = "schema";

  private final RegistryConfig config;
  private final HttpClient http;
  private final LongUnaryOperator jitter;
  private volatile int current;

  HttpRegistryClient(RegistryConfig config) {
    this(config, bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  /**
   * @param jitter a number from 0 up to its argument, exclusive: what to wait out of what may be
   *     waited, in milliseconds
   */
  HttpRegistryClient(RegistryConfig config, LongUnaryOperator jitter) {
    this.config = config;
    this.jitter = jitter;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofMillis(config.connectTimeoutMs()));
    if (!config.tls().isEmpty()) {
      builder.sslContext(RegistryTls.context(config.tls()));
    }
    http = builder.build();
  }

  @Override
  public int register(String subject, Schema schema) {
    return id(ask("/subjects/" + encoded(subject) + "/versions", ID, body(schema)));
  }

  @Override
  public int lookup(String subject, Schema schema) {
    return id(ask("/subjects/" + encoded(subject) + "?deleted=false", ID, body(schema)));
  }

  @Override
  public Schema schema(int id, String subject) {
    String path = "/schemas/ids/" + id + "?fetchMaxId=false&subject=" + encoded(subject);
    JsonNode answer = askUnlessBehind(path);
    if (!answer.path("references").isEmpty()) {
      throw new SerializationException("schema id " + id + " has references: not supported");
    }
    if (!answer.path("schemaType").asText(SubjectVersion.AVRO).equals(SubjectVersion.AVRO)) {
      throw new SerializationException("schema id " + id + " is not an Avro schema");
    }
    try {
      return SchemaText.parse(answer.path(SCHEMA).asText());
    } catch (IllegalArgumentException e) {
      throw new SerializationException("the registry's schema id " + id + " cannot be parsed", e);
    }
  }

  /** Whether it answers, and to us; nobody wants to know what. */
  void askForLatest(String subject) {
    try {
      JsonNode unused = ask("/subjects/" + encoded(subject) + "/versions/latest", ID, null);
    } catch (SerializationException e) {
      if (!(e.getCause() instanceof RegistryException)) {
        throw e;
      }
      // It knows no such subject: an answer.
    }
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String body(Schema schema) {
    return Json.object().put(SCHEMA, schema.toString()).toString();
  }

  private static int id(JsonNode answer) {
    if (!answer.path(ID).isInt()) {
      throw new SerializationException("the registry's answer has an id that is no number");
    }
    return answer.path(ID).intValue();
  }

  /** A registry that follows another has a new id a moment later: its first no is not believed. */
  private JsonNode askUnlessBehind(String path) {
    try {
      return ask(path, SCHEMA, null);
    } catch (SerializationException e) {
      if (!(e.getCause() instanceof RegistryException refusal)
          || refusal.code() != SchemaRegistry.SCHEMA_NOT_FOUND) {
        throw e;
      }
      sleep(BEHIND_MS_MAX);
      return ask(path, SCHEMA, null);
    }
  }

  /**
   * @param field what the answer must have
   * @param body null for a GET
   */
  private JsonNode ask(String path, String field, @Nullable String body) {
    int first = current;
    @Nullable RetriableException failure = null;
    for (int i = 0; i < config.urls().size(); i++) {
      int address = (first + i) % config.urls().size();
      try {
        JsonNode answer = askPatiently(config.urls().get(address) + path, field, body);
        current = address;
        return answer;
      } catch (RetriableException e) {
        failure = e;
      }
    }
    throw failure == null ? new IllegalStateException("no registry address") : failure;
  }

  private JsonNode askPatiently(String url, String field, @Nullable String body) {
    for (int attempt = 0; ; attempt++) {
      try {
        return askOnce(url, field, body);
      } catch (RetriableException e) {
        if (attempt == config.maxRetries()) {
          throw e;
        }
        pause(attempt);
      }
    }
  }

  private void pause(int attempt) {
    long bound =
        Math.min((long) config.retryWaitMs() << Math.min(attempt, 30), config.retryWaitMsMax());
    sleep(1 + jitter.applyAsLong(bound));
  }

  private static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private JsonNode askOnce(String url, String field, @Nullable String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url)).header("Accept", MEDIA_TYPE);
    if (config.authorization() != null) {
      request.header("Authorization", config.authorization().value());
    }
    if (body != null) {
      request.header("Content-Type", MEDIA_TYPE).POST(BodyPublishers.ofString(body));
    }
    HttpResponse<String> response = send(request.build());
    if (response.statusCode() / 100 != 2) {
      throw refusal(response).toKafka(url);
    }
    return answer(url, field, response.body());
  }

  /** What does not look like a registry's answer is a proxy's page: no record is to blame. */
  private static JsonNode answer(String url, String field, String body) {
    JsonNode answer;
    try {
      answer = Json.read(body);
    } catch (IllegalArgumentException e) {
      throw new DisconnectException(url + " answered something that is not JSON", e);
    }
    if (!answer.hasNonNull(field)) {
      throw new DisconnectException(url + " answered without the field " + field);
    }
    return answer;
  }

  /** The time limit covers the whole exchange, a body that trickles included. */
  private HttpResponse<String> send(HttpRequest request) {
    CompletableFuture<HttpResponse<String>> exchange =
        http.sendAsync(request, BoundedBody.ofAtMost(BODY_BYTES_MAX));
    try {
      return exchange.get(config.readTimeoutMs(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException) {
        throw new DisconnectException("cannot reach " + request.uri(), e.getCause());
      }
      throw new KafkaException("cannot ask " + request.uri(), e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      exchange.cancel(true);
      throw new TimeoutException(
          request.uri() + " did not answer within " + config.readTimeoutMs() + " ms", e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      throw new InterruptException(e);
    }
  }

  private static RegistryException refusal(HttpResponse<String> response) {
    int status = response.statusCode();
    try {
      JsonNode error = Json.read(response.body());
      return new RegistryException(
          status, error.path("error_code").asInt(status), error.path("message").asText());
    } catch (IllegalArgumentException e) {
      // A proxy answers in a language of its own.
      return new RegistryException(status, status, "no explanation");
    }
  }
}
