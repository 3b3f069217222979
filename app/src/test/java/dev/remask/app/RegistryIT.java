package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.schemas.Document;
import dev.remask.schemas.LocalRegistry;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TrainingStep;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.clients.CommonClientConfigs;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The local registry on a real topic, seen through its REST interface. Proves that an id means the
 * same schema for ever (also for the next registry on the topic), and that of two registries the
 * older one can answer but no longer write.
 */
@Timeout(60)
class RegistryIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static Broker broker;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    broker = Broker.start(folder.resolve("broker"), 0);
  }

  @AfterAll
  static void stop() {
    if (broker != null) {
      broker.close();
    }
  }

  private static LocalRegistry registry() {
    return new LocalRegistry(
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()),
        0,
        Replication.ONE);
  }

  private static HttpResponse<String> register(
      LocalRegistry registry, String subject, Schema schema) throws Exception {
    String body = JSON.createObjectNode().put("schema", schema.toString()).toString();
    return HTTP.send(
        request(registry, "/subjects/" + subject + "/versions")
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static HttpResponse<String> get(LocalRegistry registry, String path) throws Exception {
    return HTTP.send(request(registry, path).build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(LocalRegistry registry, String path) {
    return HttpRequest.newBuilder(URI.create(registry.url() + path))
        .timeout(Duration.ofSeconds(40));
  }

  private static int id(HttpResponse<String> answer) throws Exception {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).get("id").asInt();
  }

  private static Schema schemaOf(LocalRegistry registry, int id) throws Exception {
    HttpResponse<String> answer = get(registry, "/schemas/ids/" + id);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new Schema.Parser().parse(JSON.readTree(answer.body()).get("schema").asText());
  }

  @Test
  void anIdMeansTheSameSchemaAfterARestart() throws Exception {
    List<Schema> schemas =
        List.of(
            Document.getClassSchema(), Segment.getClassSchema(), MaskedExample.getClassSchema());
    List<Integer> ids = new ArrayList<>();
    try (LocalRegistry first = registry()) {
      for (Schema schema : schemas) {
        ids.add(id(register(first, "restart-" + schema.getName(), schema)));
      }
      assertThat(ids).doesNotHaveDuplicates();
      assertThat(id(register(first, "restart-again", schemas.get(0)))).isEqualTo(ids.get(0));
    }
    for (int restart = 0; restart < 2; restart++) {
      try (LocalRegistry next = registry()) {
        for (int i = 0; i < schemas.size(); i++) {
          assertThat(schemaOf(next, ids.get(i))).isEqualTo(schemas.get(i));
          String subject = "restart-" + schemas.get(i).getName();
          assertThat(id(register(next, subject, schemas.get(i)))).isEqualTo(ids.get(i));
        }
        Schema added = Schema.createFixed("Added" + restart, null, "restart", 1);
        int id = id(register(next, "restart-added-" + restart, added));
        assertThat(ids).as("a new schema never takes an old id").doesNotContain(id);
        ids.add(id);
        assertThat(ids).hasSize(schemas.size() + restart + 1).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void anOlderRegistryAnswersButCannotWrite() throws Exception {
    Schema known = Segment.getClassSchema();
    Schema wanted = TrainingStep.getClassSchema();
    try (LocalRegistry older = registry()) {
      int id = id(register(older, "fenced-known", known));
      try (LocalRegistry newer = registry()) {
        for (int attempt = 0; attempt < 2; attempt++) {
          HttpResponse<String> refused = register(older, "fenced-wanted", wanted);
          assertThat(refused.statusCode()).as(refused.body()).isEqualTo(500);
        }
        assertThat(register(older, "fenced-wanted", wanted).body())
            .contains("another registry has taken over");
        assertThat(schemaOf(older, id)).isEqualTo(known);

        assertThat(get(newer, "/subjects").body()).doesNotContain("fenced-wanted");
        int added = id(register(newer, "fenced-wanted", wanted));
        assertThat(schemaOf(newer, added)).isEqualTo(wanted);
        assertThat(schemaOf(newer, id)).isEqualTo(known);
      }
    }
    try (LocalRegistry last = registry()) {
      assertThat(JSON.readTree(get(last, "/subjects/fenced-wanted/versions").body())).hasSize(1);
    }
  }
}
