package dev.remask.app;

import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.model.Roberta;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.kafka.common.config.ConfigException;

/**
 * A model and its tokenizer as Hugging Face's transformers save a RobertaForMaskedLM: {@code
 * config.json}, {@code model.safetensors}, {@code tokenizer.json}. Whatever is wrong with one of
 * them is a ConfigException of one line that names the option, the file and the fault.
 *
 * @param option by which it was given
 */
record ModelFolder(String option, Path folder, ModelShape shape, Vocabulary vocabulary) {
  private static final String WEIGHTS = "model.safetensors";
  private static final String TOKENIZER = "tokenizer.json";

  /** Some twenty times roberta-base's; a dataset's record takes less. */
  private static final int MAX_TOKENIZER_BYTES = 64 << 20;

  /** An action on the files of a folder. */
  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Reads all but the weights. */
  static ModelFolder open(String option, Path folder) {
    ModelShape shape = read(option, folder, () -> Roberta.shape(folder));
    Vocabulary vocabulary = vocabulary(option, folder);
    if (vocabulary.size() != shape.vocabulary()) {
      throw new ConfigException(
          option,
          folder,
          "its model has %d token ids, its %s %d"
              .formatted(shape.vocabulary(), TOKENIZER, vocabulary.size()));
    }
    return new ModelFolder(option, folder, shape, vocabulary);
  }

  private static Vocabulary vocabulary(String option, Path folder) {
    Path file = folder.resolve(TOKENIZER);
    if (!Files.isRegularFile(file)) {
      throw new ConfigException(
          option,
          folder,
          "holds no %s; in transformers, tokenizer.save_pretrained(...) writes it"
              .formatted(TOKENIZER));
    }
    try {
      return read(option, folder, () -> tokenizer(file));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(option, folder, TOKENIZER + " cannot be used: " + e.getMessage());
    }
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws IllegalArgumentException with the reason if it holds no vocabulary that can be used
   */
  static Vocabulary tokenizer(Path file) throws IOException {
    return Vocabulary.parse(tokenizerJson(file));
  }

  /** Its bytes; IllegalArgumentException if they are too many. */
  static byte[] tokenizerJson(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] json = in.readNBytes(MAX_TOKENIZER_BYTES + 1);
      if (json.length > MAX_TOKENIZER_BYTES) {
        throw new IllegalArgumentException(
            "more than the %d MiB that are read".formatted(MAX_TOKENIZER_BYTES >> 20));
      }
      return json;
    }
  }

  /** Reads all of the weights, keeps none of them, and needs little memory for it. */
  void verify() {
    Object unused =
        read(
            option,
            folder,
            () -> {
              Roberta.verify(folder);
              return folder;
            });
  }

  /** SHA-256 of the file with the weights, lower-case hexadecimal. */
  String sha256() {
    return read(option, folder, () -> sha256(folder.resolve(WEIGHTS)));
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The model with its weights. */
  Roberta model(dev.remask.trainer.model.Settings settings) {
    Roberta model;
    try {
      model = Roberta.create(shape, settings);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(option, folder, e.getMessage());
    }
    try {
      load(model);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Puts the weights into a model of this shape. */
  void load(Roberta model) {
    Object unused =
        read(
            option,
            folder,
            () -> {
              model.load(folder);
              return folder;
            });
  }

  private static <T> T read(String option, Path folder, Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw new ConfigException(option, folder, "is no model: " + e.getMessage());
    }
  }
}
