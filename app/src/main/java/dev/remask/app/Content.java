package dev.remask.app;

import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of a document, read when it is wanted and no further than its limit. */
interface Content {
  /**
   * The text, taken at its word: nothing is replaced but a byte order mark in front, which is
   * dropped.
   *
   * @param charsMax {@code document.chars.max}
   * @throws BadDocument if there is none, or more than that
   */
  String text(int charsMax) throws IOException;

  /** What a dead letter shows of it, as received: all, or the beginning of much. */
  byte[] head() throws IOException;

  /** Opens what is then read from its beginning. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /** Of more than that no dead letter tells the length. */
  int HEAD_BYTES_MAX = 1 << 20;

  static Content of(byte[] utf8) {
    return new Content() {
      @Override
      public String text(int charsMax) {
        return checked(utf8, charsMax);
      }

      @Override
      public byte[] head() {
        return utf8;
      }
    };
  }

  /** Of a stream that may be longer than memory, or not end. */
  static Content of(Opener opener) {
    return new Content() {
      @Override
      public String text(int charsMax) throws IOException {
        try (InputStream in = opener.open()) {
          return checked(in.readNBytes(bytesMax(charsMax) + 1), charsMax);
        }
      }

      @Override
      public byte[] head() throws IOException {
        try (InputStream in = opener.open()) {
          byte[] head = in.readNBytes(HEAD_BYTES_MAX + 1);
          return head.length <= HEAD_BYTES_MAX ? head : Arrays.copyOf(head, DeadLetter.BYTES_MAX);
        }
      }
    };
  }

  /**
   * Text that came in something else.
   *
   * @param received what it came in
   */
  static Content of(String text, byte[] received) {
    return new Content() {
      @Override
      public String text(int charsMax) {
        return checked(text, charsMax);
      }

      @Override
      public byte[] head() {
        return received;
      }
    };
  }

  static Content refused(BadDocument why, byte[] received) {
    return new Content() {
      @Override
      public String text(int charsMax) {
        throw why;
      }

      @Override
      public byte[] head() {
        return received;
      }
    };
  }

  /** Text of so many characters has at most so many bytes. */
  static int bytesMax(int charsMax) {
    return Math.multiplyExact(charsMax, 3);
  }

  /** The text of all bytes of a document, or of more than {@link #bytesMax} of them. */
  static String checked(byte[] utf8, int charsMax) {
    if (utf8.length > bytesMax(charsMax)) {
      throw new BadDocument(
          Reason.TOO_LONG,
          "more than " + bytesMax(charsMax) + " bytes, the limit is " + charsMax + " characters");
    }
    return checked(withoutMark(decoded(utf8)), charsMax);
  }

  /** Without the byte order mark that some editors write in front. */
  static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  /** The text, if it is some and not too much. */
  static String checked(String text, int charsMax) {
    if (text.isBlank()) {
      throw new BadDocument(Reason.EMPTY, "nothing but white space");
    }
    if (text.length() > charsMax) {
      throw new BadDocument(
          Reason.TOO_LONG, text.length() + " characters, the limit is " + charsMax);
    }
    return text;
  }

  /** UTF-8, strictly: a surrogate that was encoded like a character is none. */
  static String decoded(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new BadDocument(Reason.UNREADABLE, "not valid UTF-8");
    }
  }
}
