package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.TokenizerFiles;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import dev.remask.trainer.model.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Folders as {@code train --init} takes them, with random weights. */
final class ModelFolders {
  static final Vocabulary VOCABULARY =
      Vocabulary.learn(List.of("the old man and the sea, the old man and the child "), 300);

  private ModelFolders() {}

  /** A small model of the vocabulary above. */
  static Path make(Path folder, int positions, long seed) throws IOException {
    return make(
        folder, VOCABULARY, new ModelShape(2, 16, 2, 32, VOCABULARY.size(), positions), seed);
  }

  static Path make(Path folder, Vocabulary vocabulary, ModelShape shape, long seed)
      throws IOException {
    Files.createDirectories(folder);
    for (Map.Entry<String, byte[]> file :
        TokenizerFiles.of(vocabulary.tokenizerJson(), shape.positions()).entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    try (Roberta model =
        Roberta.create(
            shape, new Settings(Initialization.SHORT_RUN, AdamW.ROBERTA, 0, seed, 1, 1))) {
      model.save(folder, folder);
    }
    Files.delete(folder.resolve("optimizer.safetensors"));
    return folder;
  }
}
