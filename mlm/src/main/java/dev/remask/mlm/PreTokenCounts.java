package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * How often each pre-token was there. It holds them as UTF-8, one behind the other in the order in
 * which they first came, and finds them by open addressing.
 */
final class PreTokenCounts {
  /** Nothing depends on it but which pre-tokens collide: text cannot be written to be slow. */
  private static final long SEED = new SecureRandom().nextLong();

  private byte[] bytes = new byte[1 << 12];
  private int[] ends = new int[1 << 8];
  private long[] counts = new long[1 << 8];
  private int[] slots = new int[1 << 9]; // 1 + a pre-token's index, or 0
  private int size;

  /** How many different ones there are. */
  int size() {
    return size;
  }

  /** All of them together, in bytes. */
  int bytes() {
    return start(size);
  }

  /** A pre-token's UTF-8. */
  byte[] preToken(int index) {
    return Arrays.copyOfRange(bytes, start(index), ends[index]);
  }

  long count(int index) {
    return counts[index];
  }

  /** Counts a part of a well-formed text. */
  void add(String text, int from, int to) {
    int end = write(text, from, to);
    int slot = slot(start(size), end);
    if (slots[slot] == 0) {
      if (size == counts.length) {
        grow();
        slot = slot(start(size), end);
      }
      ends[size] = end;
      counts[size] = 0;
      slots[slot] = ++size;
    }
    counts[slots[slot] - 1]++;
  }

  /** Behind all that are there; returns where it ends. */
  private int write(String text, int from, int to) {
    int at = start(size);
    for (int i = from; i < to; i++) {
      if (at + 4 > bytes.length) {
        bytes = Arrays.copyOf(bytes, bytes.length + (bytes.length >> 1));
      }
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes[at++] = (byte) c;
      } else if (c < 0x800) {
        bytes[at++] = (byte) (0xC0 | (c >> 6));
        bytes[at++] = (byte) (0x80 | (c & 0x3F));
      } else if (Character.isHighSurrogate(c)) {
        byte[] pair = text.substring(i, ++i + 1).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(pair, 0, bytes, at, pair.length);
        at += pair.length;
      } else {
        bytes[at++] = (byte) (0xE0 | (c >> 12));
        bytes[at++] = (byte) (0x80 | ((c >> 6) & 0x3F));
        bytes[at++] = (byte) (0x80 | (c & 0x3F));
      }
    }
    return at;
  }

  /** Where such bytes are, or would be. */
  private int slot(int start, int end) {
    long hash = SEED;
    for (int i = start; i < end; i++) {
      hash = (hash ^ bytes[i]) * Draws.PHI;
      hash ^= hash >>> 32;
    }
    int mask = slots.length - 1;
    int slot = (int) hash & mask;
    while (slots[slot] != 0 && !isAt(slots[slot] - 1, start, end)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int index, int start, int end) {
    return Arrays.equals(bytes, start(index), ends[index], bytes, start, end);
  }

  private int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  private void grow() {
    ends = Arrays.copyOf(ends, 2 * size);
    counts = Arrays.copyOf(counts, 2 * size);
    slots = new int[4 * size];
    fillSlots();
  }

  private void fillSlots() {
    for (int i = 0; i < size; i++) {
      slots[slot(start(i), ends[i])] = i + 1;
    }
  }

  /** Forgets all that were there as often as the rarest; returns how often all of them were. */
  long forgetRarest() {
    long rarest = Arrays.stream(counts, 0, size).min().orElse(0);
    int kept = 0;
    int start = 0;
    int used = 0;
    for (int i = 0; i < size; i++) {
      int end = ends[i];
      if (counts[i] > rarest) {
        System.arraycopy(bytes, start, bytes, used, end - start);
        used += end - start;
        ends[kept] = used;
        counts[kept++] = counts[i];
      }
      start = end;
    }
    long forgotten = rarest * (size - kept);
    size = kept;
    Arrays.fill(slots, 0);
    fillSlots();
    return forgotten;
  }
}
