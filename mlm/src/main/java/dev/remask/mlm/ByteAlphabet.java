package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * GPT-2's printable stand-ins for the 256 bytes, in which byte-level vocabularies are written:
 * printable Latin-1 stands for itself, the other 68 bytes, in ascending order, for U+0100, U+0101
 * ... So a space is U+0120 and a line feed U+010A.
 */
final class ByteAlphabet {
  private static final char[] CHARS = new char[256];
  private static final short[] BYTES = new short[256 + 68];

  static {
    int other = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      CHARS[b] = (char) (printable ? b : other++);
    }
    Arrays.fill(BYTES, (short) -1);
    for (int b = 0; b < 256; b++) {
      BYTES[CHARS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** All 256, each a string, in ascending order of the characters. */
  static List<String> characters() {
    return new String(CHARS).chars().sorted().mapToObj(Character::toString).toList();
  }

  /** The byte of a character, or -1 if it stands for none. */
  static int value(char c) {
    return c < BYTES.length ? BYTES[c] : -1;
  }

  /** Whether {@link #read} makes some bytes of it. */
  static boolean isMadeOf(String token) {
    return !token.isEmpty() && token.chars().allMatch(c -> value((char) c) >= 0);
  }

  /** What stands for a byte. */
  static String character(int b) {
    return Character.toString(CHARS[b]);
  }

  /** The UTF-8 bytes of a text, each as its character. */
  static String write(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    char[] chars = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      chars[i] = CHARS[bytes[i] & 0xFF];
    }
    return new String(chars);
  }

  /** The bytes that a token stands for; IllegalArgumentException if it is not in the alphabet. */
  static byte[] read(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      int b = value(token.charAt(i));
      if (b < 0) {
        throw new IllegalArgumentException("token \"" + token + "\" is not in the byte alphabet");
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }
}
