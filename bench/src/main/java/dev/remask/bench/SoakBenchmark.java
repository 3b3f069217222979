package dev.remask.bench;

import dev.remask.bench.Flatness.Sample;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * What a process holds that trains for 10,000 steps, with its checkpoints and looks at held-out
 * text; fails if it grows. A heap of fixed size whose pages are there from the start, so that what
 * the collector touches when does not look like growth.
 */
final class SoakBenchmark implements Benchmark {
  static final int STEPS = 10_000;
  static final int EVERY = 500;
  private static final int SETTLED = 1_000;
  private static final double MIB = 1 << 20;

  /** KiB a step that are taken and never given back: to see the check fail. */
  private static final String LEAK = "remask.soak.leak";

  @Override
  public List<Row> run(Setup setup) throws Exception {
    int leak = Integer.getInteger(LEAK, 0);
    List<Sample> samples = samples(STEPS, EVERY, leak, setup.notes());
    Flatness flatness = Flatness.from(SETTLED, samples);
    flatness
        .fault()
        .ifPresent(
            fault -> {
              throw new IllegalStateException("soak failed: " + fault);
            });
    setup.notes().accept("soak: passed, nothing grows");
    return List.of(
        row("soak-first", flatness.first().resident() / MIB, "MiB at step 1,000"),
        row("soak-last", flatness.last().resident() / MIB, "MiB at step 10,000"),
        row("soak-slope", flatness.residentSlope() / MIB, "MiB per 1,000 steps"));
  }

  private static Row row(String name, double value, String unit) {
    return new Row(name, value, unit, null, null, 1, 0);
  }

  /** Runs the process. */
  static List<Sample> samples(int steps, int every, int leak, Consumer<String> notes)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Soak.class.getName(),
                Integer.toString(steps),
                Integer.toString(every),
                Integer.toString(leak))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    List<Sample> samples = new ArrayList<>();
    try (var lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Sample sample = sample(line);
        samples.add(sample);
        notes.accept(describe(sample));
      }
    } finally {
      process.destroy();
    }
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the process that trains ended with " + process.exitValue());
    }
    return samples;
  }

  private static Sample sample(String line) {
    long[] n = Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
    return new Sample(n[0], n[1], n[2], n[3], n[4], n[5]);
  }

  private static String describe(Sample sample) {
    return String.format(
        Locale.ROOT,
        "soak: step %,d: %.1f MiB resident, %.1f MiB of heap in use, %d bytes behind pointers, %d threads, %d open files",
        sample.step(),
        sample.resident() / MIB,
        sample.heap() / MIB,
        sample.pointers(),
        sample.threads(),
        sample.files());
  }
}
