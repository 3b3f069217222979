package dev.remask.trainer;

import dev.remask.mlm.Example;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** SHA-256, and the one over what a step learned. */
public final class Sha256 {
  private Sha256() {}

  /** An empty digest. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The canonical digest of examples in their order, lower-case hexadecimal. */
  public static String of(List<Example> examples) {
    MessageDigest digest = begin();
    for (Example example : examples) {
      example.update(digest);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
