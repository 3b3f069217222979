package dev.remask.schemas;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The datasets topic, folded: the first record of a name wins. */
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

  static void declare(
      SortedMap<String, Dataset> declared, byte @Nullable [] key, @Nullable Dataset dataset) {
    if (key == null || dataset == null) {
      throw new IllegalStateException("a dataset record without key or value");
    }
    String name = new String(key, StandardCharsets.UTF_8);
    if (!name.equals(dataset.getName())) {
      throw new IllegalStateException("dataset key " + name + " holds " + dataset.getName());
    }
    declared.putIfAbsent(name, dataset);
  }
}
