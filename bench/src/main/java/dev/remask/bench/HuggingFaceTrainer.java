package dev.remask.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.remask.mlm.Vocabulary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;

/** Hugging Face's trainer in Rust, on one thread, which holds the same texts in memory. */
final class HuggingFaceTrainer implements AutoCloseable {
  static final String NAME = "Hugging Face's trainer, Rust";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PythonPeer process;

  private HuggingFaceTrainer(PythonPeer process) {
    this.process = process;
  }

  static HuggingFaceTrainer start(Path script, List<String> texts)
      throws PythonPeer.Absent, IOException {
    Path file = Files.createTempFile("remask-bench", ".json");
    try {
      JSON.writeValue(file.toFile(), texts);
      // It has read the file when it says which version it is.
      return new HuggingFaceTrainer(PythonPeer.start("tokenizers", script, file));
    } finally {
      Files.delete(file);
    }
  }

  String version() {
    return process.version();
  }

  /**
   * Learns.
   *
   * @param size with the special tokens
   * @param ours what it must learn
   * @return the seconds that took
   * @throws IllegalStateException if it has other tokens or merges than ours, or another order
   */
  double seconds(int size, Vocabulary ours) throws Exception {
    String[] answer = process.ask(Integer.toString(size)).split(" ", -1);
    if (!answer[1].equals(digest(ours))) {
      throw new IllegalStateException(
          "the peer learned another vocabulary: of %s tokens with SHA-256 %s, ours of %d with %s"
              .formatted(answer[2], answer[1], ours.size(), digest(ours)));
    }
    return Double.parseDouble(answer[0]);
  }

  /** SHA-256 of the tokens in the order of their ids, a line each, and then merges.txt. */
  static String digest(Vocabulary vocabulary) throws Exception {
    StringBuilder lines = new StringBuilder();
    JSON.readValue(vocabulary.vocabJson(), new TypeReference<LinkedHashMap<String, Integer>>() {})
        .keySet()
        .forEach(token -> lines.append(token).append('\n'));
    lines.append(vocabulary.mergesTxt());
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Override
  public void close() {
    process.close();
  }
}
