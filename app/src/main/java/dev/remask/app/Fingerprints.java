package dev.remask.app;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Remembers a value of each key by 64 bits of their SHA-256, in 16 bytes and some room. Two keys
 * that share theirs, one pair in some billions of keys, are taken for one: then either seems
 * changed where it is not.
 */
final class Fingerprints {
  private static final int FIRST_SLOTS = 1 << 10;

  private final int slotsMax;
  private long[] keys = new long[FIRST_SLOTS]; // open addressing; 0 is none
  private long[] values = new long[FIRST_SLOTS];
  private int size;

  /**
   * @param sizeMax at least so many keys can be remembered
   */
  Fingerprints(int sizeMax) {
    slotsMax = Math.max(FIRST_SLOTS, Integer.highestOneBit(Math.max(1, sizeMax)) * 2);
  }

  /** 0 is never one. */
  static long of(byte[] bytes) {
    long fingerprint = ByteBuffer.wrap(sha256(bytes)).getLong();
    return fingerprint == 0 ? 1 : fingerprint;
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** 0 where none is known. */
  long get(long key) {
    return values[slot(key)];
  }

  /**
   * Remembers a value.
   *
   * @param value 0 to forget it
   * @return false if there is no room for another key
   */
  boolean put(long key, long value) {
    int slot = slot(key);
    if (keys[slot] == 0) {
      if (size >= keys.length / 4 * 3) {
        if (keys.length == slotsMax) {
          return false;
        }
        grow();
        slot = slot(key);
      }
      keys[slot] = key;
      size++;
    }
    values[slot] = value;
    return true;
  }

  int size() {
    return size;
  }

  private void grow() {
    long[] oldKeys = keys;
    long[] oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new long[keys.length];
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != 0) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) (key ^ (key >>> 32)) & mask;
    while (keys[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
