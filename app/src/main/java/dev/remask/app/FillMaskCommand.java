package dev.remask.app;

import dev.remask.trainer.Checkpoint;
import dev.remask.trainer.Checkpoints;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Predictions of a checkpoint; needs no broker. */
@Command(
    name = "fill-mask",
    description = "Predicts <mask> in sentences with the newest checkpoint of a run.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask fill-mask \"The old man shook his <mask>.\""})
final class FillMaskCommand implements Callable<Integer> {
  /** What a model needs that only predicts: one thread, one sequence at a time. */
  private static final dev.remask.trainer.model.Settings READING =
      new dev.remask.trainer.model.Settings(Initialization.ROBERTA, AdamW.ROBERTA, 0, 0, 1, 1);

  @Mixin private CommonOptions options = new CommonOptions();

  @Parameters(
      arity = "1..*",
      paramLabel = "SENTENCE",
      description = "Text with one or more <mask>.")
  private List<String> sentences = List.of();

  @Option(
      names = "--most",
      defaultValue = "5",
      paramLabel = "N",
      description = "Candidates for each mask (default: ${DEFAULT-VALUE}).")
  private int most = 5;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A checkpoint's model folder instead.")
  private @Nullable Path model;

  @Option(
      names = "--logits",
      description = "Print token ids and the score of every token at each mask, as JSON.")
  private boolean logits;

  @Override
  public Integer call() throws Exception {
    if (most < 1 || most > 1000) {
      throw new ConfigException("--most", most, "must be from 1 to 1000");
    }
    DataFolder data = options.data();
    Path folder =
        model == null ? newest(data, options.settings(DemoDefaults.ALL).text("run.name")) : model;
    ModelFolder files = ModelFolder.open("--model", folder);
    try (Roberta learner = files.model(READING)) {
      print(new FillMask(files.vocabulary(), learner, files.shape().positions()));
    }
    return 0;
  }

  /** All of it is right before any of it is printed. */
  private void print(FillMask fill) {
    if (logits) {
      System.out.println(Json.text(sentences.stream().map(fill::score).toList()));
      return;
    }
    List<FillMask.Filled> filled = sentences.stream().map(s -> fill.fill(s, most)).toList();
    if (options.json()) {
      System.out.println(Json.text(filled));
    } else {
      Console console = new Console(System.out, Terminal.isColoured(), System::nanoTime);
      filled.forEach(f -> console.print(FillMask.render(f, console)));
    }
  }

  private static Path newest(DataFolder data, String run) throws IOException {
    return Checkpoints.newest(data.checkpoints(run))
        .map(Checkpoint::model)
        .orElseThrow(
            () -> new ConfigException("run.name", run, "has no checkpoint in " + data.root()));
  }
}
