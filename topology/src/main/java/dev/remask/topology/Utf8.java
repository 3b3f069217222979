package dev.remask.topology;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text that others wrote, taken at its word: nothing is replaced. */
final class Utf8 {
  /** What a lenient decoder makes of bytes that are not UTF-8; also a character as any other. */
  static final char REPLACEMENT = '\uFFFD';

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

  static int replacements(String text) {
    int count = 0;
    for (int i = text.indexOf(REPLACEMENT); i >= 0; i = text.indexOf(REPLACEMENT, i + 1)) {
      count++;
    }
    return count;
  }

  /** How often {@link #REPLACEMENT} itself is there. */
  static int replacements(byte[] utf8) {
    int count = 0;
    for (int i = 2; i < utf8.length; i++) {
      if (utf8[i] == (byte) 0xBD && utf8[i - 1] == (byte) 0xBF && utf8[i - 2] == (byte) 0xEF) {
        count++;
      }
    }
    return count;
  }

  /** False if there is half a surrogate pair, as JSON's escapes can write it. */
  static boolean canEncode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }
}
