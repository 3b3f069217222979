package dev.remask.schemas;

import java.nio.charset.StandardCharsets;

/** The key of a plan event: {@code run/epoch}, UTF-8. */
public record PlanKey(String run, int epoch) {
  public PlanKey {
    if (run.isEmpty() || run.indexOf('/') >= 0 || epoch < 0) {
      throw new IllegalArgumentException("no plan key: run '" + run + "', epoch " + epoch);
    }
  }

  public static PlanKey of(PlanEvent event) {
    return new PlanKey(event.getRun(), event.getEpoch());
  }

  public byte[] encode() {
    return toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return run + "/" + epoch;
  }
}
