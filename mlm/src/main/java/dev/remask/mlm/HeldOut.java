package dev.remask.mlm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The split between training and held-out text: a hash of the document id (invariant 11). */
public final class HeldOut {
  private HeldOut() {}

  /**
   * Whether a document is held out: the first 8 bytes of SHA-256 of its id in UTF-8, as an unsigned
   * little-endian number, modulo 1000, are below {@code permille}. A larger share holds out the
   * same documents and more.
   *
   * @param permille 0 ... 1000
   */
  public static boolean contains(String document, int permille) {
    if (permille < 0 || permille > 1000) {
      throw new IllegalArgumentException(
          "held-out share " + permille + " permille; allowed are 0 to 1000");
    }
    byte[] digest = Digests.sha256().digest(document.getBytes(StandardCharsets.UTF_8));
    long hash = ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return Long.remainderUnsigned(hash, 1000) < permille;
  }
}
