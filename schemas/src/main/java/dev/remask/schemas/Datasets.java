package dev.remask.schemas;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The datasets topic, folded: the first record of a name wins, until a null value deletes the name;
 * what comes later begins a new life.
 */
public final class Datasets {
  private Datasets() {}

  /** All that are declared now, by name. The topic must exist. */
  public static SortedMap<String, Dataset> all(Map<String, ?> config, Topics topics) {
    SortedMap<String, Dataset> declared = new TreeMap<>();
    LogReader.readAll(
        config, topics.datasets(), record -> declare(declared, record.key(), record.value()));
    return declared;
  }

  /** The dataset of this name, if it is declared now. The topic must exist. */
  public static Optional<Dataset> find(Map<String, ?> config, Topics topics, String name) {
    return Optional.ofNullable(all(config, topics).get(name));
  }

  /**
   * Makes the name free again, whether or not there was a dataset of it. The caller deletes what
   * the dataset had.
   */
  public static void delete(Map<String, ?> config, Topics topics, String name) {
    try (var producer =
        new KafkaProducer<>(
            ClientConfigs.producer(config), new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] key = name.getBytes(StandardCharsets.UTF_8);
      producer.send(new ProducerRecord<>(topics.datasets().name(), key, null)).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  static void declare(
      SortedMap<String, Dataset> declared, byte @Nullable [] key, @Nullable Dataset dataset) {
    if (key == null) {
      throw new IllegalStateException("a dataset record without key");
    }
    String name = new String(key, StandardCharsets.UTF_8);
    if (dataset == null) {
      declared.remove(name);
      return;
    }
    if (!name.equals(dataset.getName())) {
      throw new IllegalStateException("dataset key " + name + " holds " + dataset.getName());
    }
    declared.putIfAbsent(name, dataset);
  }
}
