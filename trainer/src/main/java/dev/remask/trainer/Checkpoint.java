package dev.remask.trainer;

import java.nio.file.Path;
import java.util.SortedMap;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * A sound checkpoint on disk.
 *
 * @param folder holds {@code model/}, {@code state/} and the manifest
 * @param configuration what it was trained with, by key
 * @param fingerprint of the numerics that it was computed with
 */
public record Checkpoint(
    Path folder, Position position, SortedMap<String, String> configuration, String fingerprint) {

  /** What the learner saves and loads; loadable with Hugging Face's transformers. */
  public Path model() {
    return folder.resolve("model");
  }

  /** The optimizer's moments and what this record holds. */
  public Path state() {
    return folder.resolve("state");
  }

  /** ConfigException that names the first key whose value is another one now. */
  public void requireConfiguration(SortedMap<String, String> now) {
    configuration.forEach((key, was) -> requireSame(key, was, now.get(key)));
    now.forEach((key, is) -> requireSame(key, configuration.get(key), is));
  }

  private void requireSame(String key, @Nullable String was, @Nullable String is) {
    if (was == null || !was.equals(is)) {
      throw new ConfigException(
          key,
          is,
          was == null
              ? "%s was trained without; leave it out or train another run".formatted(folder)
              : "%s was trained with %s; keep that value or train another run"
                  .formatted(folder, was));
    }
  }
}
