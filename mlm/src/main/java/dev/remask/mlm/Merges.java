package dev.remask.mlm;

import java.util.Arrays;
import java.util.List;

/** The merge rules of a vocabulary by rank, and by the pair that they join. Immutable. */
final class Merges {
  /** Two neighbouring tokens become one. Several rules may make the same token. */
  record Merge(int left, int right, int result) {}

  /** The rank of a pair that no rule joins: after every rank. */
  static final int NONE = Integer.MAX_VALUE;

  private static final long EMPTY = -1;

  private final List<Merge> rules;
  private final int[] results;
  private final long[] pairs; // open addressing; left << 32 | right
  private final int[] ranks;

  /** IllegalArgumentException if a pair stands twice. */
  Merges(List<Merge> rules) {
    this.rules = List.copyOf(rules);
    int capacity = Integer.highestOneBit(Math.max(1, rules.size())) << 2;
    results = new int[rules.size()];
    pairs = new long[capacity];
    ranks = new int[capacity];
    Arrays.fill(pairs, EMPTY);
    for (int rank = 0; rank < results.length; rank++) {
      Merge rule = rules.get(rank);
      long pair = pair(rule.left, rule.right);
      int slot = slot(pair);
      if (pairs[slot] == pair) {
        throw new IllegalArgumentException("merge " + rank + " repeats merge " + ranks[slot]);
      }
      pairs[slot] = pair;
      ranks[slot] = rank;
      results[rank] = rule.result;
    }
  }

  List<Merge> rules() {
    return rules;
  }

  /** The rank of the rule that joins two tokens, or {@link #NONE}. */
  int rank(int left, int right) {
    long pair = pair(left, right);
    int slot = slot(pair);
    return pairs[slot] == pair ? ranks[slot] : NONE;
  }

  /** The token that a rule makes. */
  int result(int rank) {
    return results[rank];
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long pair) {
    int mask = pairs.length - 1;
    int slot = (int) Draws.mix64(pair) & mask;
    while (pairs[slot] != pair && pairs[slot] != EMPTY) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
