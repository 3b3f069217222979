package dev.remask.mlm;

import java.security.MessageDigest;

/** A masked segment with its place. */
public record Example(int epoch, int partition, long sequence, Masked masked) {
  /** Feeds the example to a digest: every field, little-endian, arrays with their length first. */
  public void update(MessageDigest digest) {
    throw new UnsupportedOperationException();
  }
}
