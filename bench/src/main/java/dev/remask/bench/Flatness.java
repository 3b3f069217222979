package dev.remask.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Whether what a long run holds stays the same once the program has settled. */
record Flatness(List<Sample> settled) {
  /** Of a thousand steps, in bytes; what a leak of two kilobytes a step exceeds. */
  static final double RESIDENT_MAX = 1 << 20;

  static final double HEAP_MAX = 1 << 18;
  static final double NATIVE_MAX = 1 << 10;

  /** What the virtual machine may open for itself, now and then. */
  static final long HANDLES_MAX = 4;

  private static final double THOUSAND = 1_000;

  /**
   * What a process holds after a step, in bytes or pieces.
   *
   * @param resident memory of the whole process, as Linux counts it
   * @param heap of objects that are still in use
   * @param pointers memory outside the heap that JavaCPP, and so ND4J, counts: what pointers of
   *     their own hold; the arrays of ND4J are in {@code resident} alone
   */
  record Sample(long step, long resident, long heap, long pointers, long threads, long files) {}

  /** The samples from the first of {@code step} or later on. */
  static Flatness from(long step, List<Sample> samples) {
    return new Flatness(samples.stream().filter(sample -> sample.step() >= step).toList());
  }

  Flatness {
    settled = List.copyOf(settled);
    if (settled.size() < 3) {
      throw new IllegalArgumentException(settled.size() + " samples; allowed: 3 and more");
    }
  }

  Sample first() {
    return settled.get(0);
  }

  Sample last() {
    return settled.get(settled.size() - 1);
  }

  double residentSlope() {
    return slope(Sample::resident);
  }

  /** By least squares, of a thousand steps. */
  private double slope(ToLongFunction<Sample> held) {
    double meanStep = settled.stream().mapToLong(Sample::step).average().orElseThrow();
    double mean = settled.stream().mapToLong(held).average().orElseThrow();
    double products = 0;
    double squares = 0;
    for (Sample sample : settled) {
      double step = sample.step() - meanStep;
      products += step * (held.applyAsLong(sample) - mean);
      squares += step * step;
    }
    return THOUSAND * products / squares;
  }

  /** What grows more than it may; empty if nothing does. */
  Optional<String> fault() {
    List<String> faults = new ArrayList<>();
    check("resident memory", residentSlope(), RESIDENT_MAX, faults);
    check("heap in use", slope(Sample::heap), HEAP_MAX, faults);
    check("memory behind pointers", slope(Sample::pointers), NATIVE_MAX, faults);
    checkPieces("threads", Sample::threads, faults);
    checkPieces("open files", Sample::files, faults);
    return faults.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", faults));
  }

  private static void check(String what, double slope, double max, List<String> faults) {
    if (slope > max) {
      faults.add(
          String.format(
              Locale.ROOT,
              "%s grows by %,.0f KiB in 1,000 steps, allowed: %,.0f",
              what,
              slope / 1_024,
              max / 1_024));
    }
  }

  private void checkPieces(String what, ToLongFunction<Sample> held, List<String> faults) {
    long more = held.applyAsLong(last()) - held.applyAsLong(first());
    if (more > HANDLES_MAX) {
      faults.add("%d more %s, allowed: %d".formatted(more, what, HANDLES_MAX));
    }
  }
}
