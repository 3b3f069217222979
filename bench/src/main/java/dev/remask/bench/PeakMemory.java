package dev.remask.bench;

import dev.remask.mlm.Example;
import dev.remask.trainer.model.Stages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The most memory that a process takes which only trains, ours or libtorch's, as Linux counts it
 * (VmHWM): heap, native memory and libraries.
 */
final class PeakMemory {
  private static final int ROUNDS = 12;
  private static final double KIB_PER_MIB = 1_024;
  private static final String OURS = "ours";
  private static final String LIBTORCH = "libtorch";

  private PeakMemory() {}

  static Row row(TrainedModel model) throws Exception {
    double ours = mebibytes(model, OURS);
    double theirs = mebibytes(model, LIBTORCH);
    return new Row(model.name() + "-memory", ours, "MiB at most", LIBTORCH, theirs / ours, 1, 0);
  }

  private static double mebibytes(TrainedModel model, String side) throws Exception {
    String peak = output(PeakMemory.class, List.of("-Xmx256m"), model.name(), side);
    return Double.parseDouble(peak) / KIB_PER_MIB;
  }

  /**
   * What a process prints that does only what its main method does, without what {@code bench/run}
   * sets for speed.
   *
   * @param heap the JVM's options for it
   */
  static String output(Class<?> main, List<String> heap, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(heap);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "--add-modules",
            "jdk.incubator.vector",
            "-Dorg.bytedeco.javacpp.maxbytes=0",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=0",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().remove("GLIBC_TUNABLES");
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          main.getSimpleName() + " " + List.of(arguments) + " failed: " + output);
    }
    return output;
  }

  /** The process: trains a few rounds, then prints its peak in KiB. */
  public static void main(String[] arguments) throws Exception {
    TrainedModel model =
        arguments[0].equals(TrainedModel.TINY.name()) ? TrainedModel.TINY : TrainedModel.BASE;
    List<Example> batch = model.examples(TrainedModel.THREADS);
    if (arguments[1].equals(OURS)) {
      try (Stages stages = model.ours()) {
        for (int round = 1; round <= ROUNDS; round++) {
          stages.backpropagate(batch, round);
        }
      }
    } else {
      try (LibtorchPeer peer = model.libtorch(batch)) {
        for (int round = 1; round <= ROUNDS; round++) {
          peer.backpropagate();
        }
      }
    }
    System.out.println(kibibytes());
  }

  /** The peak of this process. */
  static String kibibytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no VmHWM in /proc/self/status"));
  }
}
