package dev.remask.app;

import dev.remask.trainer.NextSentence;
import dev.remask.trainer.StepListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What the steps so far add up to, for people. Written by the thread that learns, read by any. */
final class LearningCurve implements StepListener {
  private static final int RECENT = 50;
  private static final String BARS = "▁▂▃▄▅▆▇█";

  private final Deque<StepReport> recent = new ArrayDeque<>();
  private final List<Double> means = new ArrayList<>();
  private final Set<Integer> epochs = new HashSet<>();
  private double sum;
  private long steps;
  private double replaySeconds;
  private double replayWaiting;

  @Override
  public synchronized void learned(StepReport step) {
    // Before the first step of replays it may have waited for a plan; a redo reads nothing of them.
    if (!step.redone() && step.epoch() > 0 && !recent.isEmpty() && recent.getLast().epoch() > 0) {
      replaySeconds += step.seconds();
      replayWaiting += step.parts().waiting();
    }
    recent.addLast(step);
    if (recent.size() > RECENT) {
      recent.removeFirst();
    }
    epochs.add(step.epoch());
    sum += step.loss();
    if (++steps % RECENT == 0) {
      means.add(sum / RECENT);
      sum = 0;
    }
  }

  synchronized long steps() {
    return steps;
  }

  /** The run's number of the last step; 0 before the first. */
  synchronized long lastStep() {
    return recent.isEmpty() ? 0 : recent.getLast().step();
  }

  /** How many epochs were learned from, the live lane being one. */
  synchronized int epochs() {
    return epochs.size();
  }

  /** The epoch of the last step; 0 before the first. */
  synchronized int epoch() {
    return recent.isEmpty() ? 0 : recent.getLast().epoch();
  }

  /** Mean loss over the last 50 steps; NaN before the first. */
  synchronized double recentLoss() {
    return recent.stream().mapToDouble(StepReport::loss).average().orElse(Double.NaN);
  }

  /** Over the pairs of the last 50 steps, if there are any. */
  synchronized NextSentence recentNextSentence() {
    return recent.stream()
        .map(StepReport::nextSentence)
        .reduce(NextSentence.NOTHING, NextSentence::plus);
  }

  /** Of the last step; NaN before the first. */
  synchronized double learningRate() {
    return recent.isEmpty() ? Double.NaN : recent.getLast().learningRate();
  }

  /** Mean over the last 50 steps, before clipping; NaN before the first. */
  synchronized double gradientNorm() {
    return recent.stream().mapToDouble(StepReport::gradientNorm).average().orElse(Double.NaN);
  }

  /** Over the last 50 steps, waiting included. */
  synchronized double tokensPerSecond() {
    return perSecond(StepReport::tokensPerSecond);
  }

  /**
   * Share of the time of replays, each from its second step on if live text came before, that was
   * spent waiting for examples; without steps that are redone. NaN if there was none.
   */
  synchronized double replayWaiting() {
    return replayWaiting / replaySeconds;
  }

  /** Share of what BLAS alone does, over the last 50 steps, waiting included. */
  synchronized double blasShare() {
    return perSecond(StepReport::blasShare);
  }

  /** At the rate of the last 50 steps, waiting included; NaN if there is no end, or no step yet. */
  synchronized double secondsLeft() {
    if (recent.isEmpty()) {
      return Double.NaN;
    }
    double examples = recent.stream().mapToDouble(StepReport::examples).sum();
    return recent.getLast().left().seconds(seconds() / recent.size(), seconds() / examples);
  }

  private double seconds() {
    return recent.stream().mapToDouble(StepReport::seconds).sum();
  }

  private double perSecond(ToDoubleFunction<StepReport> rate) {
    double sum = recent.stream().mapToDouble(s -> rate.applyAsDouble(s) * s.seconds()).sum();
    return seconds() == 0 ? 0 : sum / seconds();
  }

  /** The loss as bars, at most so many, newest last. */
  synchronized String bars(int most) {
    double low = means.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double high = means.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    StringBuilder bars = new StringBuilder();
    for (int i = 0; i < Math.min(most, means.size()); i++) {
      double mean =
          means.get(means.size() <= most ? i : (int) ((long) i * (means.size() - 1) / (most - 1)));
      int bar = high == low ? 0 : (int) ((mean - low) / (high - low) * (BARS.length() - 1) + 0.5);
      bars.append(BARS.charAt(bar));
    }
    return bars.toString();
  }
}
