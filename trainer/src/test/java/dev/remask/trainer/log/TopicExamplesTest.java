package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.schemas.MaskedExample;
import dev.remask.trainer.ExampleSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TopicExamplesTest extends ExampleSourceContract {
  private SequencedLog<MaskedExample> replays;

  @Override
  ExampleSource source(int ahead) {
    replays = RunLogs.examples(logs.replays, ahead);
    return new TopicExamples(
        RunLogs.examples(logs.live, ahead), replays, RunLogs.VOCABULARY, logs.pairs, ms -> {});
  }

  @Test
  void waitsForTheMasker() throws Exception {
    ExampleSource source = source(5);
    logs.mask(1, 0, 0, 4);
    CompletableFuture<List<Example>> reading =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return source.read(1, 0, 0, 9);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Thread.sleep(20);
    assertThat(reading).isNotDone();
    logs.mask(1, 0, 4, 9);
    assertThat(Example.sha256(reading.get())).isEqualTo(Example.sha256(logs.expected(1, 0, 0, 9)));
  }

  /** Someone reset the masker's group in the middle, and once more at the end. */
  @Test
  void whatComesAgainIsLearnedOnce() throws Exception {
    logs.mask(1, 0, 0, 12);
    logs.mask(1, 0, 0, 30);
    logs.mask(1, 0, 5, 30);
    logs.mask(3, 0, 0, 40);
    ExampleSource source = source(1_000);
    assertThat(source.read(1, 0, 0, 30)).hasSize(30);
    assertThat(Example.sha256(source.read(3, 0, 0, 40)))
        .isEqualTo(Example.sha256(logs.expected(3, 0, 0, 40)));
    assertThat(replays.repeats()).isEqualTo(12 + 25);
  }

  @Test
  void aGapStops() {
    logs.mask(1, 0, 0, 5);
    logs.mask(1, 0, 6, 9);
    assertThatThrownBy(() -> source(10).read(1, 0, 0, 9))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a gap in examples-0")
        .hasMessageContaining("sequence=5")
        .hasMessageContaining("sequence=6");
  }

  @Test
  void aPurgedBeginningStops() {
    logs.mask(1, 0, 3, 9);
    assertThatThrownBy(() -> source(10).read(1, 0, 2, 9)).hasMessageContaining("a gap");
  }

  @Test
  void anEpochThatEndsEarlyStops() throws Exception {
    logs.mask(1, 0, 0, 29);
    logs.mask(3, 0, 0, 40);
    ExampleSource source = source(100);
    assertThatThrownBy(() -> source.read(1, 0, 0, 30))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch=1, sequence=29")
        .hasMessageContaining("epoch=3, sequence=0");
  }

  static Stream<Arguments> impossible() {
    int outside = RunLogs.VOCABULARY;
    return Stream.of(
        Arguments.of(new Masked(new int[] {0, outside}, new int[] {1}, new int[] {9}), "token 300"),
        Arguments.of(new Masked(new int[] {0, 9}, new int[] {1}, new int[] {outside}), "label 300"),
        Arguments.of(new Masked(new int[] {0, 9}, new int[] {2}, new int[] {9}), "positions [2]"),
        Arguments.of(new Masked(new int[] {0, 9}, new int[] {1, 1}, new int[2]), "[1, 1] of 2"),
        Arguments.of(new Masked(new int[] {0, 9}, new int[] {1}, new int[2]), "2 labels"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("impossible")
  void whatIsImpossibleStops(Masked masked, String fault) {
    logs.replays.append(0, 0, RunLogs.record(new Example(1, 0, 0, masked)));
    assertThatThrownBy(() -> source(10).read(1, 0, 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch 1, partition 0, sequence 0 is impossible: ")
        .hasMessageContaining(fault);
  }

  static Stream<Arguments> impossibleParts() {
    return Stream.of(
        Arguments.of(true, -1, null, "second part at -1 of 2 tokens; allowed: 1 to 1, as"),
        Arguments.of(true, 0, true, "second part at 0 of 2 tokens"),
        Arguments.of(true, 2, false, "second part at 2 of 2 tokens"),
        Arguments.of(true, -7, true, "second part at -7 of 2 tokens"),
        Arguments.of(true, 1, null, "two parts, but no next-sentence label"),
        Arguments.of(false, 1, true, "second part at 1, next sentence true; allowed: one part"),
        Arguments.of(false, -1, false, "second part at -1, next sentence false; allowed: one"),
        Arguments.of(false, 0, null, "second part at 0, next sentence null; allowed: one part"));
  }

  @ParameterizedTest(name = "{3}")
  @MethodSource("impossibleParts")
  void impossiblePartsStop(boolean pairs, int second, @Nullable Boolean next, String fault) {
    Masked masked = new Masked(new int[] {0, 9}, new int[] {1}, new int[] {9});
    logs.replays.append(0, 0, RunLogs.record(new Example(1, 0, 0, masked, second, next)));
    ExampleSource source =
        new TopicExamples(
            RunLogs.examples(logs.live, 10),
            RunLogs.examples(logs.replays, 10),
            RunLogs.VOCABULARY,
            pairs,
            ms -> {});
    assertThatThrownBy(() -> source.read(1, 0, 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("epoch 1, partition 0, sequence 0 is impossible: ")
        .hasMessageContaining(fault);
  }

  @Test
  void aKeyThatContradictsItsValueStops() {
    logs.replays.append(0, 1, RunLogs.record(logs.expected(1, 0, 0)));
    assertThatThrownBy(() -> source(10).read(1, 0, 0, 1)).hasMessageContaining("has the key");
  }
}
