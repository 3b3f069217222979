package dev.remask.app;

import dev.remask.schemas.Dataset;
import dev.remask.trainer.Learner;
import dev.remask.trainer.LearningRate;
import dev.remask.trainer.LogicalBatch;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Optimizer;
import dev.remask.trainer.Recipe;
import dev.remask.trainer.StepListener;
import dev.remask.trainer.StepMemory;
import dev.remask.trainer.log.RunSettings;
import dev.remask.trainer.log.TrainingRun;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/** A run's model, recipe and trainer, from the settings. */
final class Trainers {
  private static final Map<String, Initialization> INITIALIZATIONS =
      Map.of("roberta", Initialization.ROBERTA, "short-run", Initialization.SHORT_RUN);

  /** What the weights depend on besides the recipe. */
  private static final String[] MODEL_KEYS = {
    "model.layers",
    "model.hidden",
    "model.heads",
    "model.feedforward",
    "model.initialization",
    "model.dropout"
  };

  private final Settings settings;
  private final Optional<InitialModel> initial;

  Trainers(Settings settings) {
    this(settings, Optional.empty());
  }

  /**
   * @param initial what the weights begin with instead of random ones
   */
  Trainers(Settings settings, Optional<InitialModel> initial) {
    this.settings = settings;
    this.initial = initial;
  }

  /**
   * @throws ConfigException if the recipe could not be made of the settings
   */
  void check() {
    recipe();
  }

  /**
   * @throws ConfigException if the run's model cannot learn this dataset, or this machine has not
   *     the memory for it; takes none
   */
  void check(Dataset dataset) {
    check(dataset, Runtime.getRuntime().maxMemory());
  }

  void check(Dataset dataset, long heapBytes) {
    ModelShape shape = shape(dataset);
    initial.flatMap(InitialModel::folder).ifPresent(folder -> requireVocabulary(dataset, folder));
    try {
      Roberta.requireMemory(shape, modelSettings());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("model: " + e.getMessage());
    }
    StepMemory.require(
        recipe(), dataset.getSegmentLength(), settings.masking().probability(), heapBytes);
  }

  private static void requireVocabulary(Dataset dataset, ModelFolder folder) {
    if (!folder.vocabulary().sha256().equals(dataset.getTokenizerSha256())) {
      throw new ConfigException(
          folder.option(),
          folder.folder(),
          "its vocabulary has SHA-256 %s, that of dataset '%s' %s; a dataset for this model is declared with --vocab %s"
              .formatted(
                  folder.vocabulary().sha256(),
                  dataset.getName(),
                  dataset.getTokenizerSha256(),
                  folder.folder().resolve("tokenizer.json")));
    }
  }

  private ModelShape shape(Dataset dataset) {
    int length = dataset.getSegmentLength();
    int positions = settings.integer("model.positions");
    if (positions > 0 && length > positions) {
      throw new ConfigException(
          "segment.length",
          length,
          "must be at most model.positions, the %d tokens that the model takes"
              .formatted(positions));
    }
    return new ModelShape(
        settings.integer("model.layers"),
        settings.integer("model.hidden"),
        settings.integer("model.heads"),
        settings.integer("model.feedforward"),
        dataset.getVocabularySize(),
        positions > 0 ? positions : length,
        ModelShape.pairs(dataset.getInputFormat()));
  }

  /**
   * The run's model as it is before the first step, the same each time.
   *
   * @throws ConfigException if there is not the memory for it, or if the model that it begins with
   *     is no longer the one that it was
   */
  Learner learner(Dataset dataset) {
    Roberta model;
    try {
      model = Roberta.create(shape(dataset), modelSettings());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("model: " + e.getMessage());
    }
    try {
      initial.ifPresent(from -> from.load(model));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
    return model;
  }

  private dev.remask.trainer.model.Settings modelSettings() {
    Optimizer optimizer = optimizer();
    return new dev.remask.trainer.model.Settings(
        initialization(),
        new AdamW(
            optimizer.beta1(),
            optimizer.beta2(),
            optimizer.epsilon(),
            optimizer.weightDecay(),
            optimizer.clipNorm()),
        settings.real("model.dropout"),
        settings.whole("run.seed"),
        settings.integer("train.workers"),
        settings.integer("batch.micro.size"));
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
        new LogicalBatch(
            settings.batchSequences(),
            settings.whole("batch.ramp.steps"),
            settings.integer("batch.ramp.start")),
        settings.integer("batch.micro.size"),
        learningRate(),
        optimizer(),
        settings.integer("order.window"),
        settings.integer("train.workers"),
        settings.whole("checkpoint.every.steps"),
        settings.integer("checkpoint.keep"),
        settings.real("live.share"));
  }

  private LearningRate learningRate() {
    return new LearningRate(
        settings.real("learning.rate"),
        settings.whole("warmup.steps"),
        LearningRate.Decay.valueOf(upper("learning.rate.schedule")),
        settings.whole("total.steps"),
        settings.real("learning.rate.power"),
        settings.real("learning.rate.floor"),
        LearningRate.Scaling.valueOf(upper("learning.rate.scaling")),
        settings.integer("learning.rate.base.batch"));
  }

  private String upper(String key) {
    return settings.text(key).toUpperCase(Locale.ROOT);
  }

  private Optimizer optimizer() {
    return new Optimizer(
        settings.real("adam.beta1"),
        settings.real("adam.beta2"),
        settings.real("adam.epsilon"),
        settings.real("weight.decay"),
        settings.real("clip.norm"));
  }

  TrainingRun run(Dataset dataset, Path checkpoints, StepListener listener) {
    return new TrainingRun(runSettings(dataset, checkpoints), () -> learner(dataset), listener);
  }

  RunSettings runSettings(Dataset dataset, Path checkpoints) {
    SortedMap<String, String> model = new TreeMap<>();
    for (String key : MODEL_KEYS) {
      model.put(key, settings.shown(key));
    }
    if (settings.integer("model.positions") > 0) {
      model.put("model.positions", settings.shown("model.positions"));
    }
    initial.ifPresent(from -> model.put(InitialModel.SHA256, from.sha256()));
    return new RunSettings(
        settings.clients(),
        settings.topics(),
        new Setup(settings).replication(),
        settings.text("run.name"),
        dataset,
        recipe(),
        model,
        shape(dataset).positions(),
        checkpoints,
        settings.whole("evaluate.every.steps"),
        settings.integer("evaluate.segments.max"),
        settings.flag("verify.examples"),
        settings.outageMax());
  }
}
