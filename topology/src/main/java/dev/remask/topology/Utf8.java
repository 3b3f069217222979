package dev.remask.topology;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text that others wrote, taken at its word: nothing is replaced. */
final class Utf8 {
  private Utf8() {}

  static String decode(byte[] bytes) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
  }

  static String unreadableUnless(byte[] value) {
    try {
      return decode(value);
    } catch (CharacterCodingException e) {
      throw new BadDocument(BadDocument.Reason.UNREADABLE, "the value is not UTF-8", e);
    }
  }

  /** False if there is half a surrogate pair, as JSON's escapes can write it. */
  static boolean canEncode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
