package dev.remask.schemas;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the events of the plans topic add up to, in the order of their offsets: the first plan of a
 * run and epoch wins, and later ones change nothing. A null value for epoch 0 of a run deletes the
 * run with all its epochs; what comes later begins a new life. Not thread-safe.
 */
final class Plans {
  private static final String LIVE_LANE = "/0";

  private final SortedMap<String, SortedMap<Integer, PlannedEpoch>> runs = new TreeMap<>();

  /** Deleted at least once. */
  private final Set<String> deleted = new HashSet<>();

  /** IllegalStateException for what no planner writes. */
  void apply(byte @Nullable [] key, @Nullable PlanEvent event) {
    if (key == null) {
      throw new IllegalStateException("a plan record without key");
    }
    String keyText = new String(key, StandardCharsets.UTF_8);
    if (event == null) {
      delete(keyText);
      return;
    }
    if (!keyText.equals(event.getRun() + "/" + event.getEpoch())) {
      throw new IllegalStateException("plan key " + keyText + " holds " + event);
    }
    @Nullable PlannedEpoch known = epochs(event.getRun()).get(event.getEpoch());
    if (event.getEvent() instanceof EpochPlan plan) {
      if (known == null) {
        put(new PlannedEpoch(event.getRun(), event.getEpoch(), plan, false));
      }
    } else if (known != null && isOf(known.plan(), (EpochDone) event.getEvent())) {
      put(new PlannedEpoch(event.getRun(), event.getEpoch(), known.plan(), true));
    } else if (!deleted.contains(event.getRun())) {
      // An instance may say so a moment after its run was deleted, or even declared again.
      throw new IllegalStateException(keyText + " is done but was never planned so: " + event);
    }
  }

  private static boolean isOf(EpochPlan plan, EpochDone done) {
    return done.getPlannedAt() == null || done.getPlannedAt().equals(plan.getPlannedAt());
  }

  private void delete(String key) {
    if (!key.endsWith(LIVE_LANE)) {
      throw new IllegalStateException("plan key " + key + " without value: only epoch 0 has none");
    }
    String run = key.substring(0, key.length() - LIVE_LANE.length());
    runs.remove(run);
    deleted.add(run);
  }

  private void put(PlannedEpoch planned) {
    runs.computeIfAbsent(planned.run(), run -> new TreeMap<>()).put(planned.epoch(), planned);
  }

  SortedMap<Integer, PlannedEpoch> epochs(String run) {
    return Collections.unmodifiableSortedMap(runs.getOrDefault(run, new TreeMap<>()));
  }

  SortedMap<String, SortedMap<Integer, PlannedEpoch>> runs() {
    SortedMap<String, SortedMap<Integer, PlannedEpoch>> copy = new TreeMap<>();
    runs.forEach((run, epochs) -> copy.put(run, Collections.unmodifiableSortedMap(epochs)));
    return Collections.unmodifiableSortedMap(copy);
  }
}
