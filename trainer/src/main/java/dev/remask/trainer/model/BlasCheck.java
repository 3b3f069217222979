package dev.remask.trainer.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether BLAS multiplies right and about as fast as this processor can, asked once in a process: a
 * library that picks the wrong core for a processor it does not know, or is told a wrong one, is
 * slower by a factor that nobody sees otherwise.
 */
final class BlasCheck {
  private static final Logger LOG = LoggerFactory.getLogger(BlasCheck.class);
  private static final int SIZE = 512;
  private static final int ROUNDS = 6;
  private static final double TOLERANCE = 1e-5;

  private static boolean done;

  private BlasCheck() {}

  /** The product of {@code A[m, k]} and {@code B[n, k]} transposed, as BLAS has it. */
  interface Product {
    void multiply(int m, int n, int k, Floats a, Floats b, Floats c);
  }

  /** IllegalStateException if a product is wrong; what is slow is a line in the log. */
  static synchronized void once() {
    if (done) {
      return;
    }
    try (Arena arena = new Arena()) {
      requireRight(arena, BlasCheck::blas);
      double rate = rate(arena);
      LOG.info(
          "{}: {} GFLOP/s a thread", Blas.description(), String.format(Locale.ROOT, "%.0f", rate));
      String forcedCore = System.getenv("OPENBLAS_CORETYPE");
      if (forcedCore != null) {
        LOG.info("OpenBLAS was told its core: OPENBLAS_CORETYPE={}", forcedCore);
      }
      hint(rate, Processor.here(), forcedCore).ifPresent(LOG::warn);
    }
    done = true;
  }

  private static void blas(int m, int n, int k, Floats a, Floats b, Floats c) {
    Blas.multiplyTransposed(m, n, k, 1, a.at(0), k, b.at(0), k, 0, c.at(0), n);
  }

  /** Sizes that are multiples of nothing, so that a kernel's edges are run, too. */
  static void requireRight(Arena arena, Product product) {
    int m = 67;
    int n = 97;
    int k = 131;
    Floats a = random(arena, m * k, 1);
    Floats b = random(arena, n * k, 2);
    Floats c = arena.floats((long) m * n);
    product.multiply(m, n, k, a, b, c);
    for (int i = 0; i < m * n; i++) {
      double sum = 0;
      double size = 0;
      for (int j = 0; j < k; j++) {
        double term = (double) a.get(i / n * k + j) * b.get(i % n * k + j);
        sum += term;
        size += Math.abs(term);
      }
      if (!(Math.abs(c.get(i) - sum) <= TOLERANCE * size)) {
        throw new IllegalStateException(
            "%s multiplies wrongly on this processor: element %d of a product is %s and should be %s"
                .formatted(Blas.description(), i, c.get(i), sum));
      }
    }
  }

  private static Floats random(Arena arena, int length, long stream) {
    SplitMix64 random = new SplitMix64(1, stream);
    Floats x = arena.floats(length);
    for (int i = 0; i < length; i++) {
      x.set(i, (float) random.gaussian());
    }
    return x;
  }

  /** The best of some rounds, 10⁹ operations for each second of this thread's processor time. */
  private static double rate(Arena arena) {
    Floats a = random(arena, SIZE * SIZE, 1);
    Floats b = random(arena, SIZE * SIZE, 2);
    Floats c = arena.floats((long) SIZE * SIZE);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = threads.getCurrentThreadCpuTime();
      blas(SIZE, SIZE, SIZE, a, b, c);
      long nanoseconds = Math.max(1, threads.getCurrentThreadCpuTime() - start);
      best = Math.max(best, 2.0 * SIZE * SIZE * SIZE / nanoseconds);
    }
    return best;
  }

  /**
   * What Linux says of the processor.
   *
   * @param operations floating-point operations that a core of this kind does in a cycle
   * @param gigahertz nominal; 0 if unknown
   */
  record Processor(int operations, double gigahertz) {
    private static final double MEGA_PER_GIGA = 1_000;
    private static final Processor UNKNOWN = new Processor(0, 0);

    static Processor here() {
      try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
        return of(lines.toList());
      } catch (IOException | UncheckedIOException e) {
        return UNKNOWN; // another system: no hint
      }
    }

    static Processor of(Iterable<String> cpuinfo) {
      int operations = 0;
      double gigahertz = 0;
      for (String line : cpuinfo) {
        String value = line.substring(line.indexOf(':') + 1).strip();
        if (line.startsWith("flags")) {
          String flags = " " + value + " ";
          operations = flags.contains(" avx512f ") ? 32 : flags.contains(" fma ") ? 16 : 8;
        } else if (line.startsWith("cpu MHz")) {
          gigahertz = megahertz(value) / MEGA_PER_GIGA;
        }
      }
      return new Processor(operations, gigahertz);
    }

    /** What is no such number is unknown: a hint's lack ends nothing. */
    private static double megahertz(String value) {
      try {
        double megahertz = Double.parseDouble(value);
        return megahertz > 0 && Double.isFinite(megahertz) ? megahertz : 0;
      } catch (NumberFormatException e) {
        return 0;
      }
    }

    double peak() {
      return operations * gigahertz;
    }
  }

  /** What to do, if there is something to do; {@code rate} and peak in 10⁹ operations a second. */
  static Optional<String> hint(double rate, Processor processor, @Nullable String forcedCore) {
    if (!(rate < processor.peak() / 2)) {
      return Optional.empty();
    }
    String advice =
        forcedCore == null
            ? "try OPENBLAS_CORETYPE=%s, or a newer OpenBLAS"
                .formatted(processor.operations() > 16 ? "SkylakeX" : "Haswell")
            : "OPENBLAS_CORETYPE=%s makes OpenBLAS use that core's kernels; unset it unless they are faster than those it would choose"
                .formatted(forcedCore);
    return Optional.of(
        String.format(
            Locale.ROOT,
            "matrix products run at %.0f GFLOP/s a thread where this processor should do %.0f: %s",
            rate,
            processor.peak(),
            advice));
  }
}
