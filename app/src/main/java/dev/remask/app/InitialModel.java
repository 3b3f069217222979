package dev.remask.app;

import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.Roberta;
import java.io.IOException;
import java.nio.file.Path;
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

  /**
   * Reads the folder as a whole, so that whatever is wrong with it is known before anything is
   * touched.
   *
   * @param given {@code --init}
   * @param checkpoints of the run
   * @return empty if the run begins, or has begun, with random weights
   */
  static Optional<InitialModel> of(@Nullable Path given, Path checkpoints) throws IOException {
    if (given != null) {
      ModelFolder folder = ModelFolder.open(OPTION, given);
      folder.verify();
      return Optional.of(
          new InitialModel(
              "the model in " + given,
              Optional.of(folder),
              settings(folder.shape()),
              folder.sha256()));
    }
    return Checkpoints.newest(checkpoints).flatMap(InitialModel::of);
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
