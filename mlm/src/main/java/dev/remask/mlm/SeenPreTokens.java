package dev.remask.mlm;

import java.util.Arrays;

/**
 * The ids of the pre-tokens that were seen last. A few thousand words make up most of any text, so
 * looking them up is most of encoding, and what a look-up costs is how many places of memory it
 * meets: here two, where a map of strings to arrays meets five. Forgets everything when it is full.
 */
final class SeenPreTokens {
  /** A longer one is rare, and not worth its room. */
  static final int CHARS_MAX = 32;

  /** Of ten languages mixed an eighth of the pre-tokens is not known where this is the limit. */
  static final int ENTRIES_MAX = 1 << 18;

  /**
   * What would stand further from its place is not remembered: words made to have one hash cost no
   * more than unknown ones.
   */
  private static final int PROBES_MAX = 32;

  private final int entriesMax;
  private final int wordsMax; // bounds long entries too

  /**
   * A hash above the place of its entry, 0 where there is none: no entry is at 0. Half of them at
   * most are taken.
   */
  private long[] slots = new long[1 << 12];

  /** An entry: its counts of characters and ids, its characters by twos, its ids. */
  private int[] words = new int[1 << 12];

  private int used = 1;
  private int entries;

  /**
   * @param entriesMax how many it remembers, a power of two
   */
  SeenPreTokens(int entriesMax) {
    this.entriesMax = entriesMax;
    wordsMax = 16 * entriesMax;
  }

  /** Adds the ids of this part of the text; false if they are not known. */
  boolean addTo(IntList out, String text, int start, int end) {
    int hash = hash(text, start, end);
    int mask = slots.length - 1;
    for (int probe = hash; probe != hash + PROBES_MAX; probe++) {
      long taken = slots[probe & mask];
      if (taken == 0) {
        return false;
      }
      int entry = (int) taken;
      if ((int) (taken >>> 32) == hash && isAt(entry, text, start, end)) {
        int from = entry + 1 + (end - start + 1) / 2;
        out.addAll(words, from, from + (words[entry] >>> 8));
        return true;
      }
    }
    return false;
  }

  /** These are the ids of this part, which is not known and of at most {@link #CHARS_MAX}. */
  void put(String text, int start, int end, int[] ids) {
    makeRoom(1 + (end - start + 1) / 2 + ids.length);
    take((long) hash(text, start, end) << 32 | used);
    entries++;
    words[used++] = ids.length << 8 | end - start;
    for (int at = start; at < end; at += 2) {
      words[used++] = two(text, at, end);
    }
    for (int id : ids) {
      words[used++] = id;
    }
  }

  private void makeRoom(int size) {
    if (entries == entriesMax || used + size > wordsMax) {
      Arrays.fill(slots, 0);
      used = 1;
      entries = 0;
    }
    if (used + size > words.length) {
      words = Arrays.copyOf(words, 2 * words.length + size);
    }
    if (2 * entries == slots.length) {
      long[] before = slots;
      slots = new long[2 * before.length];
      for (long taken : before) {
        if (taken != 0) {
          take(taken);
        }
      }
    }
  }

  private void take(long taken) {
    int mask = slots.length - 1;
    int hash = (int) (taken >>> 32);
    for (int probe = hash; probe != hash + PROBES_MAX; probe++) {
      if (slots[probe & mask] == 0) {
        slots[probe & mask] = taken;
        return;
      }
    }
  }

  private boolean isAt(int entry, String text, int start, int end) {
    if ((words[entry] & 0xFF) != end - start) {
      return false;
    }
    for (int at = start, word = entry + 1; at < end; at += 2, word++) {
      if (words[word] != two(text, at, end)) {
        return false;
      }
    }
    return true;
  }

  private static int two(String text, int at, int end) {
    return text.charAt(at) | (at + 1 < end ? text.charAt(at + 1) << 16 : 0);
  }

  private static int hash(String text, int start, int end) {
    int hash = end - start;
    for (int at = start; at < end; at++) {
      hash = hash * 31 + text.charAt(at);
    }
    hash *= 0x9E3779B1;
    return hash ^ hash >>> 15;
  }
}
