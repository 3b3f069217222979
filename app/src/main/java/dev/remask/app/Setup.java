package dev.remask.app;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.schemas.Document;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topic;
import dev.remask.schemas.TopicAdmin;
import dev.remask.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Makes topics and declares datasets. */
final class Setup {
  private final Settings settings;
  private final Topics topics;

  Setup(Settings settings) {
    this.settings = settings;
    this.topics = settings.topics();
  }

  /** What all datasets and runs share. */
  void ensureSharedTopics() {
    try (Admin admin = admin()) {
      TopicAdmin.ensure(admin, replication(admin), List.of(topics.datasets(), topics.plans()));
      TopicAdmin.ensureDeadLetters(admin, replication(admin), topics);
    }
  }

  /** What the dataset has for itself; a documents topic of one's own must be there. */
  void ensureTopics(Dataset dataset) {
    ensure(dataset, ofDataset(dataset));
  }

  /** What the dataset and the run have for themselves. */
  void ensureTopics(Dataset dataset, String run) {
    int partitions = dataset.getPartitions();
    List<Topic<?>> all = ofDataset(dataset);
    all.add(topics.live(run, partitions));
    all.add(topics.examples(run, partitions));
    all.add(topics.ledger(run));
    ensure(dataset, all);
  }

  private List<Topic<?>> ofDataset(Dataset dataset) {
    int partitions = dataset.getPartitions();
    List<Topic<?>> all = new ArrayList<>();
    all.add(topics.segments(dataset.getName(), partitions));
    all.add(topics.heldOut(dataset.getName(), partitions));
    return all;
  }

  /**
   * Nothing is made unless all of it fits: what is left of a mistake would be another's mistake.
   */
  private void ensure(Dataset dataset, List<Topic<?>> all) {
    int partitions = dataset.getPartitions();
    Topic<Document> documents = topics.documents(partitions);
    try (Admin admin = admin()) {
      if (dataset.getDocumentsTopic().equals(documents.name())) {
        all.add(documents);
      } else {
        TopicAdmin.requirePartitions(admin, dataset.getDocumentsTopic(), partitions);
      }
      TopicAdmin.ensure(admin, replication(admin), all);
    }
  }

  /**
   * The settings' dataset.
   *
   * @throws ConfigException if it was never declared
   */
  Dataset dataset() {
    ensureSharedTopics();
    String name = settings.text("dataset.name");
    return Datasets.find(settings.clients(), topics, name)
        .orElseThrow(
            () ->
                new ConfigException(
                    "dataset.name", name, "is no dataset yet; 'remask dataset' declares it"));
  }

  /** Writes the dataset unless its name is taken; either way returns the one that counts. */
  Dataset declare(Dataset dataset) {
    Topic<Dataset> topic = topics.datasets();
    Map<String, Object> config = ClientConfigs.producer(settings.clients());
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.RECORD_BYTES_MAX);
    config.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
    byte[] key = dataset.getName().getBytes(StandardCharsets.UTF_8);
    try (var producer =
        new KafkaProducer<>(
            config,
            new ByteArraySerializer(),
            AvroSerdes.of(Dataset.class, settings.clients()).serializer())) {
      producer.send(new ProducerRecord<>(topic.name(), key, dataset)).get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the dataset could not be declared: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return Datasets.find(settings.clients(), topics, dataset.getName())
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "dataset " + dataset.getName() + " was written but is not there"));
  }

  private Admin admin() {
    return Admin.create(ClientConfigs.admin(settings.clients()));
  }

  /** As the settings say, or as the cluster allows. */
  Replication replication() {
    try (Admin admin = admin()) {
      return replication(admin);
    }
  }

  private Replication replication(Admin admin) {
    try {
      return Replication.of(
          settings.integer("replication.factor"),
          settings.integer("min.insync.replicas"),
          admin.describeCluster().nodes().get().size());
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
