package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Recipe;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.log.RunSettings;
import dev.remask.trainer.log.TrainingRun;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/** A run's model, recipe and trainer, from the settings. */
final class Trainers {
  private static final Map<String, Initialization> INITIALIZATIONS =
      Map.of("roberta", Initialization.ROBERTA, "short-run", Initialization.SHORT_RUN);

  /** What the weights depend on besides the recipe. */
  private static final String[] MODEL_KEYS = {
    "model.layers", "model.hidden", "model.heads", "model.feedforward", "model.initialization"
  };

  private final Settings settings;

  Trainers(Settings settings) {
    this.settings = settings;
  }

  /**
   * @throws ConfigException if recipe and optimizer could not be made of the settings
   */
  void check() {
    recipe();
    try {
      optimizer();
    } catch (IllegalArgumentException e) {
      throw new ConfigException("adam: " + e.getMessage());
    }
  }

  /**
   * @throws ConfigException if there is not the memory for it
   */
  Learner learner(Dataset dataset) {
    ModelShape shape =
        new ModelShape(
            settings.integer("model.layers"),
            settings.integer("model.hidden"),
            settings.integer("model.heads"),
            settings.integer("model.feedforward"),
            dataset.getVocabularySize(),
            dataset.getSegmentLength());
    try {
      return Roberta.create(
          shape,
          new dev.remask.trainer.model.Settings(
              initialization(),
              optimizer(),
              0,
              settings.whole("run.seed"),
              settings.integer("train.workers"),
              settings.integer("batch.micro.size")));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("model: " + e.getMessage());
    }
  }

  private AdamW optimizer() {
    return new AdamW(
        settings.real("adam.beta1"),
        settings.real("adam.beta2"),
        settings.real("adam.epsilon"),
        settings.real("weight.decay"),
        settings.real("clip.norm"));
  }

  private Initialization initialization() {
    Initialization initialization = INITIALIZATIONS.get(settings.text("model.initialization"));
    if (initialization == null) {
      throw new IllegalStateException("no initialization " + settings.text("model.initialization"));
    }
    return initialization;
  }

  Recipe recipe() {
    return new Recipe(
        settings.integer("batch.size"),
        settings.integer("batch.micro.size"),
        settings.real("learning.rate"),
        settings.whole("warmup.steps"),
        settings.whole("total.steps"),
        settings.real("learning.rate.floor"),
        settings.real("clip.norm"),
        settings.real("weight.decay"),
        settings.real("adam.beta1"),
        settings.real("adam.beta2"),
        settings.integer("order.window"),
        settings.integer("train.workers"),
        settings.whole("checkpoint.every.steps"),
        settings.integer("checkpoint.keep"));
  }

  TrainingRun run(Dataset dataset, Path checkpoints, StepListener listener) {
    SortedMap<String, String> model = new TreeMap<>();
    for (String key : MODEL_KEYS) {
      model.put(key, settings.shown(key));
    }
    model.put("adam.epsilon", settings.shown("adam.epsilon"));
    RunSettings run =
        new RunSettings(
            settings.clients(),
            settings.topics(),
            new Setup(settings).replication(),
            settings.text("run.name"),
            dataset,
            recipe(),
            model,
            checkpoints,
            settings.flag("verify.examples"),
            settings.outageMax());
    return new TrainingRun(run, () -> learner(dataset), listener);
  }
}
