package dev.remask.trainer;

import java.util.function.LongSupplier;

/**
 * Where the time of a step goes, from the end of the step before. Its parts follow one another, so
 * their sum is at most the whole. Called by the thread that learns.
 */
final class StepTimes {
  private static final double NS = 1e9;

  private final LongSupplier nanoTime;
  private long beganNs;
  private long markNs;
  private long waitingNs;
  private long gradientsNs;
  private long updateNs;
  private long evaluationNs;
  private long ledgerNs;
  private long checkpointNs;

  StepTimes(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.beganNs = nanoTime.getAsLong();
  }

  /** What is measured next begins now. */
  void mark() {
    markNs = nanoTime.getAsLong();
  }

  void waited() {
    waitingNs += sinceMark();
  }

  void summed() {
    gradientsNs += sinceMark();
  }

  void updated() {
    updateNs += sinceMark();
  }

  void evaluated() {
    evaluationNs += sinceMark();
  }

  void written() {
    ledgerNs += sinceMark();
  }

  void saved() {
    checkpointNs += sinceMark();
  }

  /** The end of a step, and the beginning of the next. */
  Times end() {
    long nowNs = nanoTime.getAsLong();
    Times times =
        new Times(
            Math.max(1, nowNs - beganNs) / NS,
            new StepListener.Parts(
                waitingNs / NS,
                gradientsNs / NS,
                updateNs / NS,
                evaluationNs / NS,
                ledgerNs / NS,
                checkpointNs / NS));
    beganNs = nowNs;
    waitingNs = 0;
    gradientsNs = 0;
    updateNs = 0;
    evaluationNs = 0;
    ledgerNs = 0;
    checkpointNs = 0;
    return times;
  }

  /** The whole and its parts, in seconds. */
  record Times(double seconds, StepListener.Parts parts) {}

  /** Moves the mark to now. */
  private long sinceMark() {
    long nowNs = nanoTime.getAsLong();
    long since = nowNs - markNs;
    markNs = nowNs;
    return since;
  }
}
