package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.Evaluation;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.Prediction;
import dev.remask.trainer.Sha256;
import dev.remask.trainer.StepResult;
import dev.remask.trainer.StepWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * A RoBERTa encoder with its masked-language-model head and AdamW. The same calls with the same
 * arguments give the same bits within one {@link #fingerprint()}.
 */
public final class Roberta implements Learner {
  /** Squares are summed by blocks of this size, so that the sum does not depend on the workers. */
  private static final int BLOCK = 4096;

  private final ModelShape shape;
  private final Settings settings;
  private final Kernels kernels;
  private final Dropout dropout;
  private final Layout layout;
  private final Footprint footprint;
  private final Arena arena;
  private final Workers threads;
  private final List<Worker> workers;
  private final Crew crew;
  private final Floats parameters;
  private final Floats means; // AdamW's first moments
  private final Floats squares; // AdamW's second moments
  private double ceiling; // 0 until it is measured
  private boolean closed;

  /** A model that has learned nothing yet. */
  public static Roberta create(ModelShape shape, Settings settings) {
    return new Roberta(shape, settings, Kernels.fastest());
  }

  /** The same on the kernels that every Java runs, whatever this one could: to compare with. */
  public static Roberta createScalar(ModelShape shape, Settings settings) {
    return new Roberta(shape, settings, new ScalarKernels());
  }

  Roberta(ModelShape shape, Settings settings, Kernels kernels) {
    check(shape);
    this.shape = shape;
    this.settings = settings;
    this.kernels = kernels;
    this.dropout = new Dropout(settings.dropout(), settings.seed());
    this.layout = new Layout(shape);
    this.footprint = new Footprint(layout, shape, settings);
    footprint.require(Arena.availableBytes());
    BlasCheck.once();
    this.arena = new Arena();
    this.threads = new Workers(settings.workers());
    try {
      this.parameters = arena.floats(layout.length);
      this.means = arena.floats(layout.length);
      this.squares = arena.floats(layout.length);
      this.workers = IntStream.range(0, settings.workers()).mapToObj(i -> worker()).toList();
      this.crew = new Crew(threads, workers, settings.microBatch());
      settings.initialization().fill(parameters, layout, settings.seed());
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** IllegalArgumentException unless a model can have this shape. */
  static void check(ModelShape shape) {
    int[] sizes = {
      shape.layers(), shape.hidden(), shape.heads(), shape.feedForward(), shape.positions()
    };
    if (IntStream.of(sizes).anyMatch(size -> size < 1) || shape.hidden() % shape.heads() != 0) {
      throw new IllegalArgumentException(
          shape + "; allowed: sizes of 1 and more, hidden a multiple of heads");
    }
    if (shape.vocabulary() < 5) {
      throw new IllegalArgumentException(shape + "; allowed: a vocabulary of 5 and more");
    }
  }

  /**
   * Takes no memory itself.
   *
   * @throws IllegalArgumentException with the numbers if this machine has not the memory for such a
   *     model
   */
  public static void requireMemory(ModelShape shape, Settings settings) {
    check(shape);
    new Footprint(new Layout(shape), shape, settings).require(Arena.availableBytes());
  }

  void requireMemory(long availableBytes) {
    footprint.require(availableBytes);
  }

  /** What the model takes from its arena. */
  long floats() {
    return footprint.floats();
  }

  /** What {@link #load} takes meanwhile. */
  long floatsAside() {
    return footprint.floatsAside();
  }

  Arena arena() {
    return arena;
  }

  /** Views of its own over the shared weights, as they belong to one thread. */
  private Worker worker() {
    Floats gradient = arena.floats(layout.length);
    return new Worker(
        new Worker.Context(
            shape,
            Parameters.over(parameters, layout, shape),
            Parameters.over(gradient, layout, shape),
            kernels,
            settings.microBatch(),
            arena),
        gradient);
  }

  @Override
  public Optional<StepResult> step(
      List<Example> batch, double learningRate, long step, StepWatch watch) {
    if (batch.isEmpty()) {
      throw new IllegalArgumentException("an empty batch; allowed: one example and more");
    }
    if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY) || step < 1) {
      throw new IllegalArgumentException(
          "learning rate " + learningRate + ", step " + step + "; allowed: >= 0, >= 1");
    }
    Optional<Evaluation> backpropagated = scoreAndBackpropagate(batch, step, watch);
    if (backpropagated.isEmpty()) {
      return Optional.empty();
    }
    Evaluation sums = backpropagated.get();
    double divisor = divisor(batch);
    double norm = StrictMath.sqrt(reduce()) / divisor;
    watch.summed();
    long tokens = batch.stream().mapToLong(example -> example.masked().inputs().length).sum();
    StepResult result =
        new StepResult(sums.lossSum() / divisor, norm, sums.tokens(), tokens, sums.nextSentence());
    if (result.isFinite()) { // whoever reads the result has to see to it
      update(norm, divisor, learningRate, step);
    }
    return Optional.of(result);
  }

  void update(double norm, double divisor, double learningRate, long step) {
    update(
        settings.optimizer().update(learningRate, step, norm, divisor, true),
        settings.optimizer().update(learningRate, step, norm, divisor, false));
  }

  /** What turns the summed gradient into that of the step: its predicted tokens, at least 1. */
  static double divisor(List<Example> batch) {
    return Math.max(
        1, batch.stream().mapToLong(example -> example.masked().positions().length).sum());
  }

  /** With dropout, the pass that learns is no fair score: then another one comes before it. */
  private Optional<Evaluation> scoreAndBackpropagate(
      List<Example> batch, long step, StepWatch watch) {
    if (!watch.scores()) {
      return backpropagate(batch, step, watch::abandons);
    }
    Losses losses = new Losses(crew.microBatches(batch));
    Optional<Evaluation> passed =
        dropout.isActive()
            ? score(batch, watch::abandons, losses)
            : backpropagate(batch, step, watch::abandons, losses);
    passed.ifPresent(all -> watch.scored(losses.all()));
    return passed.isPresent() && dropout.isActive()
        ? backpropagate(batch, step, watch::abandons)
        : passed;
  }

  /**
   * Each worker's summed gradients of its micro-batches, from zero; empty if it was given up. The
   * sum of the next-sentence losses counts by tokens over pairs, both of the whole batch: divided
   * by the tokens, it is their mean.
   */
  Optional<Evaluation> backpropagate(List<Example> batch, long step, BooleanSupplier abandons) {
    return backpropagate(batch, step, abandons, Losses.ignored());
  }

  private Optional<Evaluation> backpropagate(
      List<Example> batch, long step, BooleanSupplier abandons, Losses losses) {
    requireFitting(batch);
    double pairWeight = divisor(batch) / batch.size();
    return crew.each(
        batch,
        dropout,
        step,
        losses,
        (worker, examples) -> worker.learn(examples, pairWeight, abandons),
        worker -> worker.gradient.clear());
  }

  @Override
  public Optional<Evaluation> evaluate(List<Example> examples, BooleanSupplier abandons) {
    return score(examples, abandons, Losses.ignored());
  }

  private Optional<Evaluation> score(
      List<Example> examples, BooleanSupplier abandons, Losses losses) {
    requireFitting(examples);
    return crew.each(
        examples,
        Dropout.NONE,
        0,
        losses,
        (worker, some) -> worker.score(some, abandons),
        worker -> {});
  }

  private void requireFitting(List<Example> examples) {
    requireOpen();
    examples.forEach(example -> MicroBatch.check(example, shape));
  }

  /** Adds the gradients of all workers, in their order, to the first's; the sum of its squares. */
  double reduce() {
    double[] sums = new double[(layout.length + BLOCK - 1) / BLOCK];
    Floats total = gradient();
    threads.run(
        w -> {
          for (int block = w; block < sums.length; block += workers.size()) {
            int from = block * BLOCK;
            int count = Math.min(BLOCK, layout.length - from);
            for (Worker other : workers.subList(1, workers.size())) {
              kernels.add(other.gradient, from, total, from, count);
            }
            sums[block] = kernels.sumOfSquares(total, from, from + count);
          }
        });
    double sum = 0;
    for (double block : sums) {
      sum += block;
    }
    return sum;
  }

  /** After {@link #reduce}, the summed gradient of the logical batch. */
  Floats gradient() {
    return workers.get(0).gradient;
  }

  Floats parameters() {
    return parameters;
  }

  Layout layout() {
    return layout;
  }

  private void update(AdamW.Update decayed, AdamW.Update plain) {
    threads.run(
        w -> {
          for (int from = w * BLOCK; from < layout.length; from += workers.size() * BLOCK) {
            int to = Math.min(from + BLOCK, layout.length);
            int middle = Math.min(Math.max(layout.decayed, from), to);
            kernels.adamW(parameters, means, squares, gradient(), from, middle, decayed);
            kernels.adamW(parameters, means, squares, gradient(), middle, to, plain);
          }
        });
  }

  @Override
  public List<Prediction> predict(int[] tokens, int position, int most) {
    if (most < 1) {
      throw new IllegalArgumentException("the " + most + " likeliest; allowed: 1 and more");
    }
    Floats probabilities = workers.get(0).probabilities(question(tokens, position));
    return IntStream.range(0, shape.vocabulary())
        .mapToObj(token -> new Prediction(token, probabilities.get(token)))
        .sorted(Comparator.comparingDouble(Prediction::probability).reversed())
        .limit(most)
        .toList();
  }

  @Override
  public float[] logits(int[] tokens, int position) {
    return workers.get(0).logits(question(tokens, position)).toArray();
  }

  private MicroBatch question(int[] tokens, int position) {
    requireOpen();
    Example example = new Example(0, 0, 0, new Masked(tokens, new int[] {position}, new int[1]));
    MicroBatch.checkTokens(example, shape);
    return new MicroBatch(List.of(example), Dropout.NONE, 0);
  }

  @Override
  public ModelShape shape() {
    return shape;
  }

  @Override
  public double operationsPerSecondMax() {
    requireOpen();
    if (ceiling == 0) {
      int rows = settings.microBatch() * shape.positions();
      ceiling =
          Ceiling.operationsPerSecond(threads, shape, rows, (w, n) -> workers.get(w).multiply(n));
    }
    return ceiling;
  }

  @Override
  public String parametersSha256() {
    requireOpen();
    MessageDigest digest = Sha256.begin();
    for (Layout.Tensor tensor : layout.tensors()) {
      digest.update(parameters.bytes(tensor.offset(), tensor.length()));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public String fingerprint() {
    return "blas=%s; kernels=%s, revision %d; workers=%d; micro-batch=%d; jdk=%s"
        .formatted(
            Blas.description(),
            kernels.name(),
            Kernels.REVISION,
            settings.workers(),
            settings.microBatch(),
            Runtime.version());
  }

  @Override
  public void save(Path model, Path state) throws IOException {
    requireOpen();
    ModelFiles.saveModel(model, shape, settings.dropout(), layout, parameters);
    ModelFiles.saveMoments(state, layout, means, squares);
  }

  @Override
  public void load(Path model, Path state) throws IOException {
    requireOpen();
    try (Arena aside = new Arena()) {
      load(model, state, aside);
    }
  }

  void load(Path model, Path state, Arena aside) throws IOException {
    Floats read = aside.floats(layout.length);
    Floats newMeans = aside.floats(layout.length);
    Floats newSquares = aside.floats(layout.length);
    ModelFiles.loadModel(model, shape, layout, read);
    ModelFiles.loadMoments(state, layout, newMeans, newSquares);
    parameters.copy(0, read, 0, layout.length);
    means.copy(0, newMeans, 0, layout.length);
    squares.copy(0, newSquares, 0, layout.length);
  }

  /**
   * Takes the parameters of a model folder, and starts the optimizer afresh; faults as in load. A
   * model for pairs takes one for single parts, too, and the other way: what the folder lacks of
   * the next-sentence head stays as it is, and the second token type begins as the first.
   */
  public void load(Path model) throws IOException {
    requireOpen();
    try (Arena aside = new Arena()) {
      ModelFiles.takeModel(model, shape, layout, parameters, aside);
      means.clear();
      squares.clear();
    }
  }

  /** The shape of the model in a folder, as its config.json tells. */
  public static ModelShape shape(Path model) throws IOException {
    return ModelFiles.shape(model);
  }

  /**
   * Reads every tensor of a model folder, one at a time, and keeps nothing.
   *
   * @throws IOException that names the file and the fault if {@link #load(Path)} would refuse it
   */
  public static void verify(Path model) throws IOException {
    ModelFiles.verify(model);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      threads.close();
      arena.close();
    }
  }
}
