package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.remask.mlm.Example;
import dev.remask.mlm.Example.Origin;
import dev.remask.mlm.Masked;
import dev.remask.schemas.SourceLoss;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SourceLossesTest {
  /** A predicted token and the source that a naive reader of the runs gives it. */
  private record Predicted(String source, double loss) {}

  /** Against sums over single tokens, each looked up by itself. */
  @Property(tries = 300)
  void eachTokenCountsForItsSource(
      @ForAll @IntRange(min = 1, max = 12) int examples,
      @ForAll @IntRange(min = 1, max = 40) int sources,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<Example> batch = new ArrayList<>();
    List<Predicted> tokens = new ArrayList<>();
    for (int e = 0; e < examples; e++) {
      int length = 1 + random.nextInt(60);
      List<Origin> origins = new ArrayList<>();
      for (int end = random.nextInt(20); end < length; end += 1 + random.nextInt(20)) {
        int source = random.nextInt(sources + 1);
        origins.add(new Origin(source == 0 ? null : "s" + source, end));
      }
      int[] positions = IntStream.range(0, length).filter(i -> random.nextInt(3) == 0).toArray();
      for (int position : positions) {
        String source =
            origins.stream()
                .filter(origin -> position < origin.end())
                .findFirst()
                .map(origin -> String.valueOf(origin.source()))
                .orElse("null");
        tokens.add(new Predicted(source, random.nextDouble()));
      }
      Masked masked = new Masked(new int[length], positions, new int[positions.length]);
      batch.add(new Example(0, 0, e, masked, origins));
    }
    double[] losses = tokens.stream().mapToDouble(Predicted::loss).toArray();
    List<SourceLoss> found = SourceLosses.of(batch, losses);
    requireSame(found, tokens);
    assertThat(SourceLosses.of(batch, losses)).as("the same bits again").isEqualTo(found);
  }

  private static void requireSame(List<SourceLoss> found, List<Predicted> tokens) {
    Map<String, List<Predicted>> bySource = new TreeMap<>();
    tokens.forEach(t -> bySource.computeIfAbsent(t.source(), s -> new ArrayList<>()).add(t));
    assertThat(found).hasSize(Math.min(SourceLosses.MAX, bySource.size()));
    List<SourceLoss> named = found.stream().filter(loss -> loss.getSources() == 1).toList();
    for (SourceLoss loss : named) {
      List<Predicted> own = bySource.remove(String.valueOf(loss.getSource()));
      assertThat(loss.getTokens()).isEqualTo(own.size());
      assertThat(loss.getLoss())
          .isCloseTo(
              own.stream().mapToDouble(Predicted::loss).average().orElseThrow(), within(1e-9));
    }
    assertThat(named).isSortedAccordingTo(Comparator.comparing(SourceLoss::getTokens).reversed());
    if (named.size() < found.size()) {
      SourceLoss rest = found.get(found.size() - 1);
      List<Predicted> others = bySource.values().stream().flatMap(List::stream).toList();
      assertThat(rest.getSource()).isNull();
      assertThat(rest.getSources()).isEqualTo(bySource.size()).isGreaterThan(1);
      assertThat(rest.getTokens()).isEqualTo(others.size());
      assertThat(bySource.values()).allMatch(own -> own.size() <= named.get(14).getTokens());
    } else {
      assertThat(bySource).isEmpty();
    }
  }

  @Test
  void lossesOfOtherTokensAreRefused() {
    Example example =
        new Example(0, 0, 0, new Masked(new int[3], new int[] {1}, new int[1]), List.of());
    assertThat(SourceLosses.of(List.of(example), new double[] {2}))
        .containsExactly(new SourceLoss(null, 1, 1L, 2.0));
    assertThatThrownBy(() -> SourceLosses.of(List.of(example), new double[2]))
        .hasMessage("2 losses of 1 tokens to predict");
  }
}
