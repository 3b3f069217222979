package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract over HTTP, and the REST interface as an operator with curl sees it. */
class LocalRegistryTest extends RegistryClientContract {
  private static final String JSON = "application/json";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private LocalRegistry registry;

  @BeforeEach
  void start() {
    registry = LocalRegistry.inMemory(0);
  }

  @AfterEach
  void stop() {
    registry.close();
  }

  @Override
  String url() {
    return registry.url();
  }

  private HttpResponse<String> ask(String method, String path, String body, String type)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(registry.url() + path));
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    return HTTP.send(
        request.method(method, BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
  }

  private String get(String path) throws IOException, InterruptedException {
    return HTTP.send(
            HttpRequest.newBuilder(URI.create(registry.url() + path)).build(),
            BodyHandlers.ofString())
        .body();
  }

  private String post(String path, String body) throws IOException, InterruptedException {
    return ask("POST", path, body, JSON).body();
  }

  private static String body(Object schema) {
    return Json.object().put("schema", schema.toString()).toString();
  }

  @Test
  void anOperatorSeesWhatIsRegistered() throws Exception {
    assertThat(get("/subjects")).isEqualTo("[]");
    post("/subjects/s/versions", body(Samples.schema(0)));
    post("/subjects/s/versions", body(Samples.schema(1)));
    post("/subjects/r/versions", body(Samples.schema(1)));
    assertThat(get("/subjects")).isEqualTo("[\"r\",\"s\"]");
    assertThat(get("/subjects/s/versions")).isEqualTo("[1,2]");
    assertThat(get("/subjects/s/versions/1"))
        .contains("\"subject\":\"s\"", "\"version\":1", "\"id\":1", "\"schema\":\"{");
    assertThat(get("/subjects/s/versions/latest")).isEqualTo(get("/subjects/s/versions/2"));
    assertThat(post("/subjects/r", body(Samples.schema(1)))).contains("\"version\":1", "\"id\":2");
    assertThat(get("/schemas/ids/2")).contains("\"schema\":").doesNotContain("subject");
  }

  @Test
  void whitespaceMakesNoNewSchema() throws Exception {
    String first = post("/subjects/s/versions", body("{\"type\":\"string\"}"));
    assertThat(post("/subjects/s/versions", body(" { \"type\" : \"string\" } "))).isEqualTo(first);
  }

  @Test
  void levelsAreSetForOneSubjectOrAll() throws Exception {
    assertThat(get("/config")).isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");
    assertThat(get("/config/s")).contains("40408");
    assertThat(get("/config/s?defaultToGlobal=true"))
        .isEqualTo("{\"compatibilityLevel\":\"BACKWARD\"}");
    assertThat(ask("PUT", "/config", "{\"compatibility\":\"FULL\"}", JSON).body())
        .isEqualTo("{\"compatibility\":\"FULL\"}");
    assertThat(ask("PUT", "/config/s", "{\"compatibility\":\"NONE\"}", JSON).body())
        .isEqualTo("{\"compatibility\":\"NONE\"}");
    assertThat(get("/config")).isEqualTo("{\"compatibilityLevel\":\"FULL\"}");
    assertThat(get("/config/s")).isEqualTo("{\"compatibilityLevel\":\"NONE\"}");
    post("/subjects/s/versions", body(Samples.schema(0)));
    assertThat(post("/subjects/s/versions", body(Samples.incompatible()))).contains("\"id\":2");
  }

  @Test
  void compatibilityIsToldWithoutRegistering() throws Exception {
    String path = "/compatibility/subjects/s/versions/latest";
    assertThat(post(path, body(Samples.schema(0)))).isEqualTo("{\"is_compatible\":true}");
    post("/subjects/s/versions", body(Samples.schema(0)));
    assertThat(post(path, body(Samples.schema(1)))).isEqualTo("{\"is_compatible\":true}");
    assertThat(post(path, body(Samples.incompatible()))).isEqualTo("{\"is_compatible\":false}");
    assertThat(post(path + "?verbose=true", body(Samples.incompatible())))
        .contains("\"messages\":[\"TYPE_MISMATCH");
    assertThat(get("/subjects/s/versions")).isEqualTo("[1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "GET  | /nowhere                                | -              | 404 | 404",
        "PUT  | /subjects                               | {}             | 405 | 405",
        "GET  | /subjects/x/versions                    | -              | 404 | 40401",
        "GET  | /subjects/s/versions/2                  | -              | 404 | 40402",
        "GET  | /subjects/s/versions/0                  | -              | 422 | 42202",
        "GET  | /subjects/s/versions/two                | -              | 422 | 42202",
        "GET  | /schemas/ids/2                          | -              | 404 | 40403",
        "GET  | /schemas/ids/x                          | -              | 404 | 40403",
        "POST | /subjects/s/versions                    | {              | 400 | 400",
        "POST | /subjects/s/versions                    | []             | 422 | 42201",
        "POST | /subjects/s/versions                    | {\"schema\":1} | 422 | 42201",
        "POST | /subjects/s/versions                    | {\"schema\":\"\\\"x\\\"\"} | 422 | 42201",
        "POST | /subjects/s/versions | {\"schema\":\"\\\"int\\\"\",\"schemaType\":\"JSON\"} | 422 | 42201",
        "POST | /subjects/s/versions | {\"schema\":\"\\\"int\\\"\",\"references\":[{}]}     | 422 | 42201",
        "POST | /subjects/%00/versions       | {\"schema\":\"\\\"int\\\"\"} | 422 | 42208",
        "POST | /compatibility/subjects/s/versions/9 | {\"schema\":\"\\\"int\\\"\"} | 404 | 40402",
        "PUT  | /config                                 | {\"compatibility\":\"SOME\"} | 422 | 42203",
      })
  void refusalsCarryTheCodesOfConfluentsRegistry(
      String method, String path, String body, int status, int code) throws Exception {
    post("/subjects/s/versions", body(Samples.schema(0)));
    HttpResponse<String> response = ask(method, path, body == null ? "" : body, JSON);
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(Json.read(response.body()).path("error_code").asInt()).isEqualTo(code);
    assertThat(get("/subjects")).isEqualTo("[\"s\"]");
  }

  @Test
  void aFormOfAWebPageIsNotTaken() throws Exception {
    for (String type : new String[] {"", "text/plain", "application/x-www-form-urlencoded"}) {
      assertThat(ask("POST", "/subjects/s/versions", body(Samples.schema(0)), type).statusCode())
          .isEqualTo(415);
    }
    assertThat(get("/subjects")).isEqualTo("[]");
  }

  @Test
  void aBodyHasALimit() throws Exception {
    String tooMuch = " ".repeat(RegistryServer.BODY_BYTES_MAX + 1);
    assertThat(ask("POST", "/subjects/s/versions", tooMuch, JSON).statusCode()).isEqualTo(413);
    assertThat(get("/subjects")).isEqualTo("[]");
  }

  @Test
  void itListensOnThisMachineAloneAndStops() {
    assertThat(registry.url()).startsWith("http://127.0.0.1:");
    registry.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("HTTP-Dispatcher") && thread.isAlive());
  }
}
