package dev.remask.bench;

import dev.remask.mlm.Carry;
import dev.remask.mlm.Example;
import dev.remask.mlm.Masker;
import dev.remask.mlm.MaskingPolicy;
import dev.remask.mlm.Packer;
import dev.remask.mlm.Packing;
import dev.remask.mlm.Sentences;
import dev.remask.mlm.TokenSegment;
import dev.remask.mlm.Tokenizer;
import dev.remask.mlm.Vocabulary;
import dev.remask.trainer.Learner;
import dev.remask.trainer.ModelShape;
import dev.remask.trainer.StepResult;
import dev.remask.trainer.model.AdamW;
import dev.remask.trainer.model.Initialization;
import dev.remask.trainer.model.Roberta;
import dev.remask.trainer.model.Settings;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * One training step of 256 sequences and one of 8,192, each in a process of its own: its seconds,
 * its tokens a second, and the most memory that the process takes. The sequences are the English
 * text, packed as {@code stream} packs it, and masked afresh as often as it takes.
 */
final class LargeBatchBenchmark implements Benchmark {
  private static final ModelShape SHAPE = new ModelShape(2, 128, 2, 512, 8_192, 512);
  private static final Settings SETTINGS =
      new Settings(Initialization.ROBERTA, AdamW.ROBERTA, 0.1, 1, 2, 16);
  private static final int SMALL = 256;
  private static final int LARGE = 8_192;

  /** The step before, after which the kernels are compiled. */
  private static final int WARM_UP = 64;

  private static final double KIB_PER_MIB = 1_024;

  /** Room for the examples; little for garbage, which would look like something that is needed. */
  private static final List<String> HEAP = List.of("-Xmx128m", "-Xmn8m");

  /** What a process reports of its step. */
  private record Step(double seconds, double tokens, double peakKib) {
    double rate() {
      return tokens / seconds;
    }
  }

  @Override
  public List<Row> run(Setup setup) throws Exception {
    Path file = Files.createTempFile("remask-bench", ".segments");
    try {
      int segments = write(segments(EnglishText.read(setup.corpora())), file);
      setup
          .notes()
          .accept(
              "large: %s, micro-batches of %d, dropout %s, %,d segments of English"
                  .formatted(SHAPE, SETTINGS.microBatch(), SETTINGS.dropout(), segments));
      Step small = measure(file, SMALL);
      setup
          .notes()
          .accept(
              String.format(
                  Locale.ROOT, "large: %,d sequences took %.1f s", SMALL, small.seconds()));
      Step large = measure(file, LARGE);
      return rows(small, large);
    } finally {
      Files.delete(file);
    }
  }

  private static List<Row> rows(Step small, Step large) {
    String peer = SMALL + " sequences";
    return List.of(
        row("large-256", small.rate(), "tokens/s"),
        against("large-8192", large.rate(), "tokens/s", peer, large.rate() / small.rate()),
        row("large-256-step", small.seconds(), "s"),
        row("large-8192-step", large.seconds(), "s"),
        row("large-256-memory", small.peakKib() / KIB_PER_MIB, "MiB at most"),
        against(
            "large-8192-memory",
            large.peakKib() / KIB_PER_MIB,
            "MiB at most",
            peer,
            small.peakKib() / large.peakKib()),
        row(
            "large-sequence",
            (large.peakKib() - small.peakKib()) / (LARGE - SMALL),
            "KiB more a sequence"));
  }

  private static Row row(String name, double value, String unit) {
    return new Row(name, value, unit, null, null, 1, 0);
  }

  private static Row against(String name, double value, String unit, String peer, double ratio) {
    return new Row(name, value, unit, peer, ratio, 1, 0);
  }

  /** The ids first, as the tokenizer's learning and its words are no part of training. */
  private static List<int[]> segments(EnglishText text) {
    Vocabulary vocabulary = Vocabulary.learn(text.documents(), SHAPE.vocabulary());
    Tokenizer tokenizer = new Tokenizer(vocabulary);
    Packer packer = Packer.fullSentences(SHAPE.positions());
    List<int[]> segments = new ArrayList<>();
    Carry carry = Carry.EMPTY;
    for (String document : text.documents()) {
      List<int[]> sentences =
          Sentences.prose(Locale.ROOT).split(document).stream().map(tokenizer::encode).toList();
      Packing packing = packer.pack(carry, "d", sentences);
      packing.segments().stream().map(TokenSegment::tokens).forEach(segments::add);
      carry = packing.carry();
    }
    return segments;
  }

  private static int write(List<int[]> segments, Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(segments.size());
      for (int[] segment : segments) {
        out.writeInt(segment.length);
        for (int token : segment) {
          out.writeInt(token);
        }
      }
    }
    return segments.size();
  }

  private static Step measure(Path file, int sequences) throws Exception {
    String[] words =
        PeakMemory.output(
                LargeBatchBenchmark.class, HEAP, file.toString(), Integer.toString(sequences))
            .split(" ", -1);
    return new Step(
        Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]));
  }

  /** The process: prints the seconds of the step, its tokens, and the peak in KiB. */
  public static void main(String[] arguments) throws Exception {
    List<Example> batch = examples(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
    try (Learner model = Roberta.create(SHAPE, SETTINGS)) {
      model.step(batch.subList(0, WARM_UP), 1e-4, 1);
      long start = System.nanoTime();
      StepResult result = model.step(batch, 1e-4, 2);
      double seconds = (System.nanoTime() - start) / 1e9;
      System.out.println(seconds + " " + result.realTokens() + " " + PeakMemory.kibibytes());
    }
  }

  /** Those of epoch 0, then of epoch 1 ... */
  private static List<Example> examples(Path file, int count) throws IOException {
    Masker masker = new Masker(1, "bench", MaskingPolicy.ROBERTA, SHAPE.vocabulary());
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      int segments = in.readInt();
      List<int[]> tokens = new ArrayList<>();
      for (int s = 0; s < Math.min(segments, count); s++) {
        int[] ids = new int[in.readInt()];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = in.readInt();
        }
        tokens.add(ids);
      }
      return IntStream.range(0, count)
          .mapToObj(
              i -> {
                int epoch = i / tokens.size();
                int sequence = i % tokens.size();
                return new Example(
                    epoch, 0, sequence, masker.mask(epoch, 0, sequence, tokens.get(sequence)));
              })
          .toList();
    }
  }
}
