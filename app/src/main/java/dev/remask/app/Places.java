package dev.remask.app;

import dev.remask.mlm.ReplayOrder.Slot;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** How people read which segments are meant. */
final class Places {
  static final Comparator<Slot> ORDER =
      Comparator.comparingInt(Slot::partition).thenComparingLong(Slot::sequence);

  private Places() {}

  /** Partition and sequence, as {@code peek} takes them. */
  static String name(Slot slot) {
    return slot.partition() + ":" + slot.sequence();
  }

  /**
   * All of them, neighbours drawn together, in ascending order; what is beyond the width is only
   * counted.
   */
  static String brief(Collection<Slot> slots, int width) {
    List<Slot> sorted = slots.stream().sorted(ORDER).toList();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < sorted.size(); ) {
      int end = i + 1;
      while (end < sorted.size() && follows(sorted.get(end - 1), sorted.get(end))) {
        end++;
      }
      String range =
          name(sorted.get(i)) + (end > i + 1 ? "-" + sorted.get(end - 1).sequence() : "");
      String more = " +" + (sorted.size() - i);
      if (i > 0 && text.length() + 1 + range.length() + more.length() > width) {
        return text.append(more).toString();
      }
      text.append(i > 0 ? " " : "").append(range);
      i = end;
    }
    return text.toString();
  }

  private static boolean follows(Slot first, Slot second) {
    return first.partition() == second.partition() && first.sequence() + 1 == second.sequence();
  }
}
