package dev.remask.app;

import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.Roberta;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * The model that a run's weights begin with, if it does not begin with random ones. The run's
 * checkpoints keep which one it was: whoever goes on from them need not name it again, and whoever
 * names another one is refused.
 *
 * @param whose for messages
 * @param folder where it lies; empty if a checkpoint alone tells of it
 * @param shape the settings of its size, by key
 * @param sha256 of its weights' file
 */
record InitialModel(
    String whose, Optional<ModelFolder> folder, SortedMap<String, String> shape, String sha256) {
  static final String OPTION = "--init";
  static final String SHA256 = "model.init.sha256";

  /** Lies where the checkpoints will, from before the run is declared on. */
  private static final String MARKER = SHA256;

  /**
   * Reads the folder as a whole, so that whatever is wrong with it is known before anything is
   * touched.
   *
   * @param given {@code --init}
   * @param checkpoints of the run
   * @return empty if the run begins, or has begun, with random weights
   * @throws ConfigException naming {@code --init} if another model is given than the run began
   *     with, or none where it began with one of which no checkpoint tells
   */
  static Optional<InitialModel> of(@Nullable Path given, Path checkpoints) throws IOException {
    if (given != null) {
      ModelFolder folder = ModelFolder.open(OPTION, given);
      folder.verify();
      String sha256 = folder.sha256();
      Optional<Checkpoint> newest = Checkpoints.newest(checkpoints);
      if (newest.isPresent()) {
        requireSame(given, sha256, newest.get());
      }
      return Optional.of(
          new InitialModel(
              "the model in " + given, Optional.of(folder), settings(folder.shape()), sha256));
    }
    Optional<Checkpoint> newest = Checkpoints.newest(checkpoints);
    if (newest.isEmpty() && Files.exists(checkpoints.resolve(MARKER))) {
      throw new ConfigException(
          OPTION
              + ": the run was begun with a model, of which no checkpoint tells yet; name it again"
              + " (for random weights, delete "
              + checkpoints.resolve(MARKER)
              + ")");
    }
    return newest.flatMap(InitialModel::of);
  }

  private static void requireSame(Path given, String sha256, Checkpoint checkpoint) {
    String was = checkpoint.configuration().get(SHA256);
    if (!sha256.equals(was)) {
      throw new ConfigException(
          OPTION,
          given,
          "has %s %s; %s was trained with %s: leave it out, or train another run"
              .formatted(
                  SHA256, sha256, checkpoint.folder(), was == null ? "random weights first" : was));
    }
  }

  /**
   * Keeps on disk that the run begins with this model: a start after a crash before the first
   * checkpoint must not begin with random weights. Where there is a checkpoint, that one tells.
   */
  void mark(Path checkpoints) throws IOException {
    if (folder.isEmpty() || Checkpoints.newest(checkpoints).isPresent()) {
      return;
    }
    Files.createDirectories(checkpoints);
    Path marker = checkpoints.resolve(MARKER);
    Files.writeString(
        marker,
        sha256 + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE,
        StandardOpenOption.SYNC);
  }

  private static Optional<InitialModel> of(Checkpoint checkpoint) {
    String sha256 = checkpoint.configuration().get(SHA256);
    if (sha256 == null) {
      return Optional.empty();
    }
    SortedMap<String, String> shape = new TreeMap<>(checkpoint.configuration());
    shape.keySet().retainAll(settings(new ModelShape(1, 1, 1, 1, 1, 1)).keySet());
    return Optional.of(
        new InitialModel("the model in " + checkpoint.model(), Optional.empty(), shape, sha256));
  }

  private static SortedMap<String, String> settings(ModelShape shape) {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put("model.layers", Integer.toString(shape.layers()));
    settings.put("model.hidden", Integer.toString(shape.hidden()));
    settings.put("model.heads", Integer.toString(shape.heads()));
    settings.put("model.feedforward", Integer.toString(shape.feedForward()));
    settings.put("model.positions", Integer.toString(shape.positions()));
    return settings;
  }

  /**
   * Puts its weights into a model, unless a checkpoint alone tells of it, whose weights follow.
   *
   * @throws ConfigException if the file is no longer the one that was looked at
   */
  void load(Roberta model) {
    folder.ifPresent(
        from -> {
          from.load(model);
          if (!from.sha256().equals(sha256)) {
            throw new ConfigException(OPTION, from.folder(), "was changed while it was read");
          }
        });
  }

  /**
   * The settings of a run that begins so.
   *
   * @throws ConfigException naming the first given setting of the model's size that differs, with
   *     both values
   */
  Settings settings(Settings given) {
    return given.agreeing(
        value -> whose + " has " + value + "; leave the setting out, or begin with another model",
        shape);
  }
}
