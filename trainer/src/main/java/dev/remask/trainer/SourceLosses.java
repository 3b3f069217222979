package dev.remask.trainer;

import dev.remask.mlm.Example;
import dev.remask.mlm.Example.Origin;
import dev.remask.schemas.SourceLoss;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How well a batch was predicted, by where its text comes from. A pure function; sums are in the
 * order of the examples, so they have the same bits each time.
 */
final class SourceLosses {
  /**
   * Of a step at most: a source for each document must not make the ledger as large as the text.
   */
  static final int MAX = 16;

  private SourceLosses() {}

  private static final class Sum {
    final Optional<String> source;
    long tokens;
    double losses;

    Sum(Optional<String> source) {
      this.source = source;
    }
  }

  /**
   * Those with most tokens first, of as many by their names. If there are more than {@link #MAX},
   * the last one is the sum of all others.
   *
   * @param losses in nats, of each token to predict, in the order of the examples
   */
  static List<SourceLoss> of(List<Example> batch, double[] losses) {
    List<Sum> sums = sums(batch, losses);
    int named = sums.size() > MAX ? MAX - 1 : sums.size();
    List<SourceLoss> found = new ArrayList<>();
    for (Sum sum : sums.subList(0, named)) {
      SourceLoss.Builder loss = loss(sum.tokens, sum.losses);
      sum.source.ifPresent(loss::setSource);
      found.add(loss.build());
    }
    List<Sum> others = sums.subList(named, sums.size());
    if (!others.isEmpty()) {
      long tokens = others.stream().mapToLong(sum -> sum.tokens).sum();
      double all = 0;
      for (Sum sum : others) {
        all += sum.losses;
      }
      found.add(loss(tokens, all).setSources(others.size()).build());
    }
    return found;
  }

  private static SourceLoss.Builder loss(long tokens, double losses) {
    return SourceLoss.newBuilder().setTokens(tokens).setLoss(losses / tokens);
  }

  private static List<Sum> sums(List<Example> batch, double[] losses) {
    Map<Optional<String>, Sum> bySource = new HashMap<>();
    int prediction = 0;
    for (Example example : batch) {
      List<Origin> origins = example.origins();
      int run = 0;
      for (int position : example.masked().positions()) {
        while (run < origins.size() && position >= origins.get(run).end()) {
          run++;
        }
        Optional<String> source =
            run < origins.size()
                ? Optional.ofNullable(origins.get(run).source())
                : Optional.empty();
        Sum sum = bySource.computeIfAbsent(source, Sum::new);
        sum.tokens++;
        sum.losses += losses[prediction++];
      }
    }
    if (prediction != losses.length) {
      throw new IllegalStateException(
          "%d losses of %d tokens to predict".formatted(losses.length, prediction));
    }
    Comparator<Sum> most = Comparator.comparingLong((Sum sum) -> sum.tokens).reversed();
    return bySource.values().stream()
        .sorted(most.thenComparing(sum -> sum.source.orElse("")))
        .toList();
  }
}
