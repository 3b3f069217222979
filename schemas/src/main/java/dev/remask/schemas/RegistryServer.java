package dev.remask.schemas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link SchemaRegistry} behind the part of Confluent's REST interface that serdes and their
 * operators use. Without login and encryption: for one machine.
 */
final class RegistryServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryServer.class);

  static final int BODY_BYTES_MAX = 4 * 1024 * 1024;

  private static final int THREADS = 4;
  private static final int BACKLOG = 64;
  private static final int STORE_ERROR = 50001;

  /** A web page cannot send one of these to another site without being asked first. */
  private static final Set<String> REQUEST_TYPES =
      Set.of(
          HttpRegistryClient.MEDIA_TYPE,
          "application/vnd.schemaregistry+json",
          "application/json",
          "application/octet-stream");

  /** What a route's stars stand for, what follows the question mark, and the body. */
  private record Request(List<String> arguments, Map<String, String> query, JsonNode body) {
    String argument(int index) {
      return arguments.get(index);
    }

    boolean flag(String name) {
      return Boolean.parseBoolean(query.get(name));
    }
  }

  private interface Answer {
    JsonNode to(Request request);
  }

  private record Route(String method, List<String> path, Answer answer) {}

  private final SchemaRegistry registry;
  private final List<Route> routes = new ArrayList<>();
  private final HttpServer http;
  private final ExecutorService threads;

  /**
   * Answers as soon as this returns. Owns the registry from then on.
   *
   * @param address port 0 for any free one
   */
  RegistryServer(SchemaRegistry registry, InetSocketAddress address) throws IOException {
    this.registry = registry;
    addRoutes();
    AtomicInteger number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "registry-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    http = HttpServer.create(address, BACKLOG);
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
    registry.close();
  }

  private void addRoutes() {
    route("GET /", r -> Json.object());
    route("GET /subjects", r -> array(registry.subjects()));
    route("POST /subjects/*", r -> registry.lookup(r.argument(0), schema(r.body)).toJson());
    route("GET /subjects/*/versions", r -> array(registry.versions(r.argument(0))));
    route(
        "POST /subjects/*/versions",
        r -> registry.register(r.argument(0), schema(r.body)).toJson());
    route(
        "GET /subjects/*/versions/*", r -> registry.version(r.argument(0), r.argument(1)).toJson());
    route("GET /schemas/ids/*", r -> registry.byId(id(r.argument(0))).schemaJson());
    route("GET /config", r -> level("compatibilityLevel", registry.defaultLevel()));
    route("PUT /config", r -> level("compatibility", registry.setLevel(null, level(r.body))));
    route("GET /config/*", r -> level("compatibilityLevel", subjectLevel(r)));
    route(
        "PUT /config/*",
        r -> level("compatibility", registry.setLevel(r.argument(0), level(r.body))));
    route("POST /compatibility/subjects/*/versions/*", this::compatibility);
  }

  private void route(String methodAndPath, Answer answer) {
    String[] parts = methodAndPath.split(" ", 2);
    routes.add(new Route(parts[0], segments(parts[1]), answer));
  }

  private CompatibilityLevel subjectLevel(Request request) {
    try {
      return registry.level(request.argument(0));
    } catch (RegistryException e) {
      if (e.code() == SchemaRegistry.LEVEL_NOT_FOUND && request.flag("defaultToGlobal")) {
        return registry.defaultLevel();
      }
      throw e;
    }
  }

  private JsonNode compatibility(Request request) {
    List<String> objections =
        registry.objections(request.argument(0), request.argument(1), schema(request.body));
    ObjectNode answer = Json.object().put("is_compatible", objections.isEmpty());
    return request.flag("verbose") ? answer.set("messages", array(objections)) : answer;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      int status = 200;
      JsonNode answer;
      try {
        answer = answer(exchange);
      } catch (RegistryException e) {
        status = e.status();
        answer = error(e.code(), e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("{} {}", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        status = 500;
        answer = error(STORE_ERROR, "the registry failed: " + e.getMessage());
      }
      byte[] body = answer.toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", HttpRegistryClient.MEDIA_TYPE);
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private JsonNode answer(HttpExchange exchange) throws IOException {
    List<String> path = segments(exchange.getRequestURI().getRawPath());
    boolean found = false;
    for (Route route : routes) {
      @Nullable List<String> arguments = match(route.path, path);
      if (arguments == null) {
        continue;
      }
      found = true;
      if (route.method.equals(exchange.getRequestMethod())) {
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        return route.answer.to(new Request(arguments, query, body(exchange)));
      }
    }
    throw found
        ? new RegistryException(405, 405, "method not allowed")
        : new RegistryException(404, 404, "no such path");
  }

  private static List<String> segments(String rawPath) {
    List<String> segments = new ArrayList<>();
    for (String segment : rawPath.split("/", -1)) {
      if (!segment.isEmpty()) {
        segments.add(decoded(segment.replace("+", "%2B")));
      }
    }
    return segments;
  }

  /** The segments under the template's stars, or null. */
  private static @Nullable List<String> match(List<String> template, List<String> path) {
    if (template.size() != path.size()) {
      return null;
    }
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < path.size(); i++) {
      if (template.get(i).equals("*")) {
        arguments.add(path.get(i));
      } else if (!template.get(i).equals(path.get(i))) {
        return null;
      }
    }
    return arguments;
  }

  private static Map<String, String> query(@Nullable String rawQuery) {
    Map<String, String> query = new HashMap<>();
    for (String pair : rawQuery == null ? new String[0] : rawQuery.split("&")) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(decoded(pair.substring(0, equals)), decoded(pair.substring(equals + 1)));
      }
    }
    return query;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new RegistryException(400, 400, "a bad percent sign in the address");
    }
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      return Json.object();
    }
    @Nullable String header = exchange.getRequestHeaders().getFirst("Content-Type");
    String type = header == null ? "" : header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!REQUEST_TYPES.contains(type)) {
      throw new RegistryException(415, 415, "the content type must be one of " + REQUEST_TYPES);
    }
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
    if (body.length > BODY_BYTES_MAX) {
      throw new RegistryException(413, 413, "a body has at most " + BODY_BYTES_MAX + " bytes");
    }
    try {
      return Json.read(new String(body, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      throw new RegistryException(400, 400, "the body is not JSON");
    }
  }

  /** What is asked for beyond a plain Avro schema is refused, not forgotten. */
  private static String schema(JsonNode body) {
    String type = body.path("schemaType").asText(SubjectVersion.AVRO);
    boolean more =
        !body.path("references").isEmpty()
            || body.hasNonNull("metadata")
            || body.hasNonNull("ruleSet")
            || body.hasNonNull("id")
            || body.hasNonNull("version");
    if (!type.equals(SubjectVersion.AVRO) || more || !body.path("schema").isTextual()) {
      throw new RegistryException(
          SchemaRegistry.INVALID_SCHEMA, "only an Avro schema without references is supported");
    }
    return body.path("schema").textValue();
  }

  private static String level(JsonNode body) {
    return body.path("compatibility").asText();
  }

  private static ObjectNode level(String key, CompatibilityLevel level) {
    return Json.object().put(key, level.name());
  }

  private static int id(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new RegistryException(SchemaRegistry.SCHEMA_NOT_FOUND, "no schema id: " + text);
    }
  }

  private static ObjectNode error(int code, @Nullable String message) {
    return Json.object().put("error_code", code).put("message", message);
  }

  private static ArrayNode array(List<?> values) {
    ArrayNode array = Json.array();
    values.forEach(
        value -> {
          if (value instanceof Integer number) {
            array.add(number);
          } else {
            array.add(value.toString());
          }
        });
    return array;
  }
}
