package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.remask.bench.Flatness.Sample;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FlatnessTest {
  private static final long NOISE = 300_000;

  /** Steps 500 to 10,000; resident memory jumps until step 1,000, then wavers around a line. */
  private static Flatness of(LongUnaryOperator resident, LongUnaryOperator heap, int handles) {
    List<Sample> samples =
        LongStream.rangeClosed(1, 20)
            .mapToObj(
                i -> {
                  long step = 500 * i;
                  long wave = i % 2 == 0 ? NOISE : -NOISE;
                  long settling = step < 1_000 ? -50_000_000 : 0;
                  return new Sample(
                      step,
                      400_000_000 + settling + wave + resident.applyAsLong(step),
                      9_000_000 + heap.applyAsLong(step),
                      0,
                      12,
                      60 + (step == 10_000 ? handles : 0));
                })
            .toList();
    return Flatness.from(1_000, samples);
  }

  @Test
  void aProcessThatSettlesIsFlat() {
    Flatness flat = of(step -> 0, step -> 0, 4);
    assertThat(flat.first().step()).isEqualTo(1_000);
    assertThat(flat.fault()).isEmpty();
    assertThat(of(step -> -5 * step, step -> -5 * step, 0).fault()).isEmpty();
  }

  @Test
  void theSlopeIsThatOfAThousandSteps() {
    Flatness growing = of(step -> 2_000 * step, step -> 0, 0);
    assertThat(growing.residentSlope()).isCloseTo(2_000_000, within(100_000.0));
  }

  @Test
  void eachLeakIsNamed() {
    assertThat(of(step -> 1_150 * step, step -> 0, 0).fault())
        .hasValueSatisfying(fault -> assertThat(fault).startsWith("resident memory grows by 1,"));
    assertThat(of(step -> 0, step -> 300 * step, 0).fault())
        .hasValueSatisfying(fault -> assertThat(fault).startsWith("heap in use grows by 293 KiB"));
    assertThat(of(step -> 0, step -> 0, 5).fault()).hasValue("5 more open files, allowed: 4");
  }

  /** The process itself, for a moment: what is planted is found, and nothing else comes with it. */
  @Test
  void aLeakOfTheProcessIsSeen() throws Exception {
    Flatness leaking = Flatness.from(40, SoakBenchmark.samples(120, 20, 256, line -> {}));
    assertThat(leaking.residentSlope()).isGreaterThan(200 * 1_024 * 1_000);
    assertThat(leaking.fault())
        .hasValueSatisfying(
            fault -> assertThat(fault).contains("resident memory", "memory behind pointers"));
    assertThat(Math.abs(leaking.last().threads() - leaking.first().threads()))
        .isLessThanOrEqualTo(4);
  }
}
