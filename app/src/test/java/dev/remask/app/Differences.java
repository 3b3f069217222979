package dev.remask.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a log differs from what it should be, told by what its records are of: epoch, partition and
 * sequence.
 *
 * @param missing records that are not there
 * @param repeated records that are there again, or that nobody wants
 * @param different records with another content
 * @param displaced records that stand elsewhere among those that are wanted and there
 */
record Differences(int missing, int repeated, int different, int displaced) {
  static final Differences NONE = new Differences(0, 0, 0, 0);

  static Differences between(StreamRows is, StreamRows should) {
    Differences all = NONE;
    for (int p = 0; p < Math.max(is.partitions().size(), should.partitions().size()); p++) {
      all = all.plus(between(partition(is, p), partition(should, p)));
    }
    return all;
  }

  private static List<String> partition(StreamRows rows, int partition) {
    return partition < rows.partitions().size() ? rows.partitions().get(partition) : List.of();
  }

  private static Differences between(List<String> is, List<String> should) {
    Map<String, String> wanted = new HashMap<>();
    should.forEach(row -> wanted.put(key(row), row));
    Set<String> there = new HashSet<>();
    List<String> order = new ArrayList<>();
    int repeated = 0;
    int different = 0;
    for (String row : is) {
      String key = key(row);
      if (!wanted.containsKey(key) || !there.add(key)) {
        repeated++;
      } else {
        order.add(key);
        different += row.equals(wanted.get(key)) ? 0 : 1;
      }
    }
    List<String> expected = should.stream().map(Differences::key).filter(there::contains).toList();
    int displaced = 0;
    for (int i = 0; i < order.size(); i++) {
      displaced += order.get(i).equals(expected.get(i)) ? 0 : 1;
    }
    return new Differences(wanted.size() - there.size(), repeated, different, displaced);
  }

  /** What stands before the first array. */
  private static String key(String row) {
    return row.substring(0, row.indexOf(" ["));
  }

  Differences plus(Differences other) {
    return new Differences(
        missing + other.missing,
        repeated + other.repeated,
        different + other.different,
        displaced + other.displaced);
  }
}
