package dev.remask.app;

import dev.remask.schemas.LiveDelay;
import dev.remask.schemas.SourceLoss;
import dev.remask.schemas.TrainingStep;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the live steps of a run tell, in bounded memory: how well the text of each source was
 * predicted before it was learned, and how soon it was. Thread-safe.
 */
final class LiveHistory {
  /** Of live steps; "lately" and "in the beginning" are so many. */
  static final int STEPS = 50;

  /** Sources that are told apart, those that come first; all others are one. */
  static final int SOURCES_MAX = 20;

  static final String NOT_SAID = "(not said)";
  static final String OTHERS = "(others)";

  /**
   * A source.
   *
   * @param tokens of it that were predicted, all in all
   * @param firstLoss mean over the predicted tokens of its first 50 steps, in nats
   * @param loss the same of its last 50 steps
   */
  record SourceFigures(String source, long tokens, double firstLoss, double loss) {}

  /**
   * Of the last 50 live steps, from the timestamp of the document that filled a segment to the end
   * of the step that learned it.
   *
   * @param median of the steps' medians
   * @param max of all examples
   */
  record DelaySeconds(double median, double max) {}

  private record Part(long tokens, double losses) {
    static Part of(SourceLoss loss) {
      return new Part(loss.getTokens(), loss.getTokens() * loss.getLoss());
    }

    Part plus(Part other) {
      return new Part(tokens + other.tokens, losses + other.losses);
    }
  }

  private static final class Source {
    long tokens;
    int firstSteps;
    Part first = new Part(0, 0);
    final Deque<Part> last = new ArrayDeque<>();

    /** Of one step. */
    void add(Part part) {
      tokens += part.tokens;
      if (firstSteps < STEPS) {
        firstSteps++;
        first = first.plus(part);
      }
      last.addLast(part);
      if (last.size() > STEPS) {
        last.removeFirst();
      }
    }

    double recent() {
      return last.stream().mapToDouble(Part::losses).sum()
          / last.stream().mapToLong(Part::tokens).sum();
    }
  }

  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final Deque<LiveDelay> delays = new ArrayDeque<>();

  /** Of a ledger, in order. */
  synchronized void add(TrainingStep step) {
    Map<Source, Part> parts = new LinkedHashMap<>();
    for (SourceLoss loss : step.getSources()) {
      Source source = sources.computeIfAbsent(label(loss), name -> new Source());
      parts.merge(source, Part.of(loss), Part::plus);
    }
    parts.forEach(Source::add);
    LiveDelay delay = step.getDelay();
    if (delay != null) {
      delays.addLast(delay);
      if (delays.size() > STEPS) {
        delays.removeFirst();
      }
    }
  }

  private String label(SourceLoss loss) {
    String name = name(loss);
    boolean known = sources.containsKey(name);
    return known || sources.size() < SOURCES_MAX - 1 ? name : OTHERS;
  }

  /** For people. */
  static String name(SourceLoss loss) {
    String source = loss.getSource();
    return loss.getSources() > 1 ? OTHERS : source == null ? NOT_SAID : source;
  }

  /** Those with most tokens first. */
  synchronized List<SourceFigures> sources() {
    return sources.entrySet().stream()
        .map(
            entry -> {
              Source source = entry.getValue();
              double first = source.first.losses / source.first.tokens;
              return new SourceFigures(entry.getKey(), source.tokens, first, source.recent());
            })
        .sorted(Comparator.comparingLong(SourceFigures::tokens).reversed())
        .toList();
  }

  /** NaN if there is no such source. */
  synchronized double recentLoss(String name) {
    Source source = sources.get(name);
    return source == null ? Double.NaN : source.recent();
  }

  synchronized Optional<DelaySeconds> delay() {
    if (delays.isEmpty()) {
      return Optional.empty();
    }
    List<Long> medians = delays.stream().map(LiveDelay::getMedianMs).sorted().toList();
    long max = delays.stream().mapToLong(LiveDelay::getMaxMs).max().orElseThrow();
    return Optional.of(new DelaySeconds(medians.get((medians.size() - 1) / 2) / 1e3, max / 1e3));
  }
}
