package dev.remask.trainer.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.ModelShape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A model's files: {@code config.json} and {@code model.safetensors} as Hugging Face's
 * RobertaForMaskedLM has them, with BERT's next-sentence head beside it if there are pairs; {@code
 * optimizer.safetensors} with AdamW's moments under the same names. A fault of a file is an
 * IOException that names the file and the fault.
 */
final class ModelFiles {
  private static final String CONFIG = "config.json";
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String MEANS = "exp_avg.";
  private static final String SQUARES = "exp_avg_sq.";
  private static final int MAX_CONFIG_BYTES = 1 << 20;

  // What the settings of a model's size allow, and the most tokens of a vocabulary.
  private static final int MAX_LAYERS = 96;
  private static final int MAX_HIDDEN = 16_384;
  private static final int MAX_HEADS = 256;
  private static final int MAX_FEED_FORWARD = 65_536;
  private static final int MAX_POSITIONS = 8192;
  private static final int MAX_VOCABULARY = 1 << 20;

  /** A tied tensor's second name: other writers have either, or both. */
  private static final Map<String, String> TIED =
      Map.of(
          Layout.WORDS, "lm_head.decoder.weight",
          Layout.HEAD_BIAS, "lm_head.decoder.bias");

  /** Other forms of a model, and why they are not read. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "pytorch_model.bin", "is pickled, and a pickle may run any code of its writer's",
          "model.safetensors.index.json", "tells of a model in several files");

  /** What a configuration must say, since what transformers takes otherwise is another model. */
  private static final Map<String, String> EXPECTED =
      Map.of("model_type", "roberta", "layer_norm_eps", "1.0E-5");

  /** What it must not say otherwise. The position table begins after the padding's row. */
  private static final Map<String, String> USUAL =
      Map.of(
          "hidden_act", "gelu",
          "tie_word_embeddings", "true",
          "pad_token_id", Integer.toString(Vocabulary.PAD),
          "position_embedding_type", "absolute",
          "is_decoder", "false");

  /** What other writers add and this model has no use for. */
  private static final Set<String> UNUSED =
      Set.of("roberta.embeddings.position_ids", Layout.POOLER + ".weight", Layout.POOLER + ".bias");

  private ModelFiles() {}

  /** Writes both files of a model folder, forced to disk. */
  static void saveModel(
      Path folder, ModelShape shape, double dropout, Layout layout, Floats parameters)
      throws IOException {
    Safetensors.write(folder.resolve(MODEL), named("", layout, parameters));
    byte[] config =
        Safetensors.JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config(shape, dropout));
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(CONFIG),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(config);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /** Reads a model folder's parameters into a vector of that layout. */
  static void loadModel(Path folder, ModelShape shape, Layout layout, Floats parameters)
      throws IOException {
    ModelShape found = shape(folder);
    if (!found.equals(shape)) {
      throw otherShape(folder, found, shape);
    }
    try (Safetensors tensors = openModel(folder, file -> layout.tensors())) {
      for (Layout.Tensor tensor : layout.tensors()) {
        read(tensors, tensor, parameters.slice(tensor.offset(), tensor.length()));
      }
    }
  }

  private static IOException otherShape(Path folder, ModelShape found, ModelShape expected) {
    return new IOException(folder.resolve(CONFIG) + ": " + found + "; expected " + expected);
  }

  /**
   * The same from a folder whose model may have other token types and no next-sentence head: writes
   * over what it has, each type that it lacks by its first.
   */
  static void takeModel(
      Path folder, ModelShape shape, Layout layout, Floats parameters, Arena aside)
      throws IOException {
    ModelShape found = shape(folder);
    if (!found.withPairs(shape.pairs()).equals(shape)) {
      throw otherShape(folder, found, shape);
    }
    Layout theirs = layout(folder);
    Floats read = aside.floats(theirs.length);
    List<Layout.Tensor> taken;
    try (Safetensors tensors = openModel(folder, file -> withoutMissingHead(file, theirs))) {
      taken = withoutMissingHead(tensors, theirs);
      for (Layout.Tensor tensor : taken) {
        read(tensors, tensor, read.slice(tensor.offset(), tensor.length()));
      }
    }
    for (Layout.Tensor from : taken) {
      layout.find(from.name()).ifPresent(to -> copy(read, from, parameters, to));
    }
  }

  /** Repeats its rows, or takes the first ones. */
  private static void copy(Floats read, Layout.Tensor from, Floats parameters, Layout.Tensor to) {
    for (int at = 0; at < to.length(); at += from.length()) {
      int count = Math.min(from.length(), to.length() - at);
      parameters.copy(to.offset() + at, read, from.offset(), count);
    }
  }

  /** Two token types do not say that there is a head: other writers have a pooler at most. */
  private static List<Layout.Tensor> withoutMissingHead(Safetensors file, Layout layout) {
    boolean head = file.names().contains(Layout.NEXT_SENTENCE + ".weight");
    return layout.tensors().stream()
        .filter(tensor -> head || !Layout.isNextSentenceHead(tensor))
        .toList();
  }

  /** Reads all of a model folder, one tensor at a time, and keeps nothing. */
  static void verify(Path folder) throws IOException {
    Layout layout = layout(folder);
    int longest = layout.tensors().stream().mapToInt(Layout.Tensor::length).max().orElseThrow();
    long needed = 2L * longest * Float.BYTES; // the second copy of a tied one
    if (needed > Arena.availableBytes()) {
      throw new IOException(
          "%s: a tensor of %,d floats; allowed: %,d, which this machine has the memory for"
              .formatted(
                  folder.resolve(MODEL), longest, Arena.availableBytes() / (2 * Float.BYTES)));
    }
    try (Safetensors tensors = openModel(folder, file -> withoutMissingHead(file, layout));
        Arena arena = new Arena()) {
      Floats one = arena.floats(longest);
      for (Layout.Tensor tensor : withoutMissingHead(tensors, layout)) {
        read(tensors, tensor, one.slice(0, tensor.length()));
      }
    }
  }

  private static Layout layout(Path folder) throws IOException {
    ModelShape shape = shape(folder);
    try {
      return new Layout(shape);
    } catch (IllegalArgumentException e) {
      throw new IOException(folder.resolve(CONFIG) + ": " + e.getMessage(), e);
    }
  }

  /** With all of the wanted tensors, and no unknown one: so far the header tells. */
  private static Safetensors openModel(
      Path folder, Function<Safetensors, List<Layout.Tensor>> wanted) throws IOException {
    requireModel(folder);
    Path file = folder.resolve(MODEL);
    Safetensors tensors = Safetensors.open(file);
    try {
      Set<String> known = new HashSet<>(UNUSED);
      for (Layout.Tensor tensor : wanted.apply(tensors)) {
        known.add(tensor.name());
        tensors.check(name(tensors, tensor), tensor.shape());
      }
      known.addAll(TIED.values());
      refuseOthers(tensors, file, known);
      return tensors;
    } catch (IOException | RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  /** Which of the two names of a tied tensor a writer keeps differs. */
  private static String name(Safetensors tensors, Layout.Tensor tensor) {
    boolean first = tensors.names().contains(tensor.name());
    return first ? tensor.name() : second(tensors, tensor).orElse(tensor.name());
  }

  private static Optional<String> second(Safetensors tensors, Layout.Tensor tensor) {
    return Optional.ofNullable(TIED.get(tensor.name())).filter(tensors.names()::contains);
  }

  /** A second copy of a tied tensor must be the same: this model has only one. */
  private static void read(Safetensors tensors, Layout.Tensor tensor, Floats values)
      throws IOException {
    String name = name(tensors, tensor);
    tensors.read(name, tensor.shape(), values);
    Optional<String> second = second(tensors, tensor);
    if (second.isEmpty() || second.get().equals(name)) {
      return;
    }
    try (Arena arena = new Arena()) {
      tensors.check(second.get(), tensor.shape());
      Floats copy = arena.floats(tensor.length());
      tensors.read(second.get(), tensor.shape(), copy);
      if (copy.bytes(0, copy.length).mismatch(values.bytes(0, copy.length)) >= 0) {
        throw tensors.fault("tensor " + second.get() + " differs from " + name);
      }
    }
  }

  /** Says what lies there instead, where other writers put something else. */
  private static void requireModel(Path folder) throws IOException {
    if (Files.exists(folder.resolve(MODEL))) {
      return;
    }
    for (Map.Entry<String, String> other : REFUSED.entrySet()) {
      if (Files.exists(folder.resolve(other.getKey()))) {
        throw new IOException(
            "%s: %s; save the model as one %s: in transformers, model.save_pretrained(...)"
                .formatted(folder.resolve(other.getKey()), other.getValue(), MODEL));
      }
    }
  }

  static void saveMoments(Path folder, Layout layout, Floats means, Floats squares)
      throws IOException {
    List<Safetensors.Named> tensors = new ArrayList<>(named(MEANS, layout, means));
    tensors.addAll(named(SQUARES, layout, squares));
    Safetensors.write(folder.resolve(OPTIMIZER), tensors);
  }

  static void loadMoments(Path folder, Layout layout, Floats means, Floats squares)
      throws IOException {
    Path file = folder.resolve(OPTIMIZER);
    try (Safetensors tensors = Safetensors.open(file)) {
      Set<String> known = new HashSet<>();
      read(tensors, MEANS, layout, means, known);
      read(tensors, SQUARES, layout, squares, known);
      refuseOthers(tensors, file, known);
      for (int i = 0; i < squares.length; i++) {
        if (squares.get(i) < 0) {
          throw new IOException(file + ": a mean square of " + squares.get(i));
        }
      }
    }
  }

  private static List<Safetensors.Named> named(String prefix, Layout layout, Floats flat) {
    return layout.tensors().stream()
        .map(
            tensor ->
                new Safetensors.Named(
                    prefix + tensor.name(),
                    tensor.shape(),
                    flat.slice(tensor.offset(), tensor.length())))
        .toList();
  }

  private static void read(
      Safetensors tensors, String prefix, Layout layout, Floats flat, Set<String> known)
      throws IOException {
    for (Safetensors.Named tensor : named(prefix, layout, flat)) {
      tensors.read(tensor.name(), tensor.shape(), tensor.values());
      known.add(tensor.name());
    }
  }

  private static void refuseOthers(Safetensors tensors, Path file, Set<String> known)
      throws IOException {
    for (String name : tensors.names()) {
      if (!known.contains(name)) {
        throw new IOException(file + ": unknown tensor " + Safetensors.shown(name));
      }
    }
  }

  private static ObjectNode config(ModelShape shape, double dropout) {
    ObjectNode config = Safetensors.JSON.createObjectNode();
    config.putArray("architectures").add("RobertaForMaskedLM");
    return config
        .put("model_type", "roberta")
        .put("vocab_size", shape.vocabulary())
        .put("hidden_size", shape.hidden())
        .put("num_hidden_layers", shape.layers())
        .put("num_attention_heads", shape.heads())
        .put("intermediate_size", shape.feedForward())
        .put("max_position_embeddings", shape.positions() + Layout.FIRST_POSITION)
        .put("type_vocab_size", shape.tokenTypes())
        .put("hidden_act", "gelu")
        .put("layer_norm_eps", 1e-5)
        .put("hidden_dropout_prob", dropout)
        .put("attention_probs_dropout_prob", dropout)
        .put("initializer_range", 0.02)
        .put("bos_token_id", 0)
        .put("pad_token_id", 1)
        .put("eos_token_id", 2)
        .put("tie_word_embeddings", true)
        .put("torch_dtype", "float32");
  }

  /** The shape that a model folder's config.json tells, if it is one that this model can have. */
  static ModelShape shape(Path folder) throws IOException {
    Path file = folder.resolve(CONFIG);
    JsonNode config = json(file);
    for (Map.Entry<String, String> expected : EXPECTED.entrySet()) {
      requireValue(file, config, expected.getKey(), expected.getValue(), "none");
    }
    for (Map.Entry<String, String> usual : USUAL.entrySet()) {
      requireValue(file, config, usual.getKey(), usual.getValue(), usual.getValue());
    }
    ModelShape shape =
        new ModelShape(
            size(file, config, "num_hidden_layers", MAX_LAYERS),
            size(file, config, "hidden_size", MAX_HIDDEN),
            size(file, config, "num_attention_heads", MAX_HEADS),
            size(file, config, "intermediate_size", MAX_FEED_FORWARD),
            size(file, config, "vocab_size", MAX_VOCABULARY),
            size(file, config, "max_position_embeddings", MAX_POSITIONS + Layout.FIRST_POSITION)
                - Layout.FIRST_POSITION,
            size(file, config, "type_vocab_size", 2) > 1);
    try {
      Roberta.check(shape);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
    return shape;
  }

  /**
   * @param absent what a key that is not there stands for
   */
  private static void requireValue(
      Path file, JsonNode config, String key, String value, String absent) throws IOException {
    if (!config.path(key).asText(absent).equals(value)) {
      throw new IOException(
          "%s: %s is %s; expected %s"
              .formatted(
                  file,
                  key,
                  config.has(key) ? Safetensors.shown(config.get(key)) : "missing",
                  value));
    }
  }

  private static JsonNode json(Path file) throws IOException {
    Safetensors.requireReadable(file);
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_CONFIG_BYTES + 1);
    }
    if (bytes.length > MAX_CONFIG_BYTES) {
      throw new IOException(file + ": more than " + MAX_CONFIG_BYTES + " bytes");
    }
    try {
      return Safetensors.JSON.readTree(bytes);
    } catch (IOException e) { // bytes that are no text are no JsonProcessingException
      throw new IOException(file + ": not JSON: " + Safetensors.reason(e), e);
    }
  }

  /** A few bytes of JSON must not ask for any amount of memory. */
  private static int size(Path file, JsonNode config, String key, int most) throws IOException {
    JsonNode value = config.path(key);
    if (!value.isInt() || value.intValue() < 1 || value.intValue() > most) {
      throw new IOException(
          "%s: %s is %s; allowed: 1 to %d"
              .formatted(
                  file, key, value.isMissingNode() ? "missing" : Safetensors.shown(value), most));
    }
    return value.intValue();
  }
}
