package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/**
 * A learner whose weights are a running hash of all that it was given: any example, step or
 * learning rate that is left out, repeated or moved changes them.
 */
public class FakeLearner implements Learner {
  /** Its losses are below 2.2, those of guessing evenly 2.3. */
  static final int VOCABULARY = 10;

  private byte[] weights = new byte[32];

  /** What it learned since it was made or loaded, in order. */
  public final List<Example> learned = new ArrayList<>();

  /** Run before each step, and inside each save, so that tests can fail there. */
  Runnable beforeStep = () -> {};

  Runnable insideStep = () -> {};
  Runnable insideUpdate = () -> {};
  Runnable insideSave = () -> {};
  String fingerprint = "fake";
  double lossFactor = 1;

  @Override
  public Optional<StepResult> step(
      List<Example> batch, double learningRate, long step, StepWatch watch) {
    beforeStep.run();
    if (watch.abandons()) {
      return Optional.empty();
    }
    insideStep.run();
    watch.summed();
    if (watch.scores()) {
      long first = ByteBuffer.wrap(weights).getLong() >>> 16;
      int tokens = batch.stream().mapToInt(e -> e.masked().positions().length).sum();
      watch.scored(LongStream.range(first, first + tokens).mapToDouble(l -> l * 1e-14).toArray());
    }
    MessageDigest digest = Sha256.begin();
    digest.update(weights);
    digest.update(ByteBuffer.allocate(16).putLong(step).putDouble(learningRate).flip());
    digest.update(Example.sha256(batch).getBytes(StandardCharsets.US_ASCII));
    weights = digest.digest();
    learned.addAll(batch);
    long masked = batch.stream().mapToLong(e -> e.masked().positions().length).sum();
    long real = batch.stream().mapToLong(e -> e.masked().inputs().length).sum();
    ByteBuffer bits = ByteBuffer.wrap(weights);
    double loss = (bits.getInt() >>> 1) * 1e-9 * lossFactor;
    insideUpdate.run();
    return Optional.of(new StepResult(loss, (bits.getInt() >>> 1) * 1e-9, masked, real));
  }

  @Override
  public Optional<Evaluation> evaluate(List<Example> examples, BooleanSupplier abandons) {
    long masked = examples.stream().mapToLong(e -> e.masked().positions().length).sum();
    return abandons.getAsBoolean()
        ? Optional.empty()
        : Optional.of(new Evaluation(masked, masked, masked, masked, masked, masked));
  }

  @Override
  public List<Prediction> predict(int[] tokens, int position, int most) {
    return List.of();
  }

  @Override
  public float[] logits(int[] tokens, int position) {
    return new float[0];
  }

  @Override
  public ModelShape shape() {
    return new ModelShape(1, 2, 1, 2, VOCABULARY, 8);
  }

  @Override
  public double operationsPerSecondMax() {
    return 1e3;
  }

  @Override
  public String parametersSha256() {
    return HexFormat.of().formatHex(weights);
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public void save(Path model, Path state) throws IOException {
    Files.write(model.resolve("model.safetensors"), Arrays.copyOf(weights, 16));
    insideSave.run();
    Files.write(state.resolve("moments.bin"), Arrays.copyOfRange(weights, 16, 32));
  }

  @Override
  public void load(Path model, Path state) throws IOException {
    byte[] first = Files.readAllBytes(model.resolve("model.safetensors"));
    byte[] second = Files.readAllBytes(state.resolve("moments.bin"));
    weights = ByteBuffer.allocate(32).put(first).put(second).array();
  }

  @Override
  public void close() {}
}
