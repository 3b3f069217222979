package dev.remask.mlm;

import dev.remask.mlm.AddedTokens.AddedToken;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/**
 * What this JDK knows of text, as far as packing depends on it: which code points are letters,
 * numbers and white space, and where sentences end.
 */
public final class TextRules {
  /** Behind the scripts of the world there are ideographs alone: some of them will do. */
  private static final int SCRIPTS = 0x20000;

  private static final int IDEOGRAPHS = 0x40000;
  private static final int IDEOGRAPH_STEP = 0x100;

  private static final byte NO_UTF8 = (byte) 0xFF;

  private TextRules() {}

  /**
   * SHA-256 of how every code point is classed for pre-tokens and for stripping, and of what the
   * sentences of a fixed text have for lengths, where they stand wherever they make a difference;
   * lower-case hexadecimal. Equal on two JDKs that cut text alike. Takes some tenths of a second.
   */
  public static String sha256(Sentences sentences) {
    MessageDigest digest = Digests.sha256();
    byte[] classes = new byte[Character.MAX_CODE_POINT + 1];
    for (int c = 0; c < classes.length; c++) {
      classes[c] = (byte) (PreTokens.classify(c) << 1 | (Character.isWhitespace(c) ? 1 : 0));
    }
    digest.update(classes);
    List<String> found = sentences.split(probe());
    ByteBuffer lengths = ByteBuffer.allocate(Integer.BYTES * found.size());
    found.forEach(sentence -> lengths.putInt(sentence.length()));
    digest.update(lengths.flip());
    return Digests.hex(digest.digest());
  }

  /**
   * The same of sentences that a vocabulary encodes: of one that does not cut them as GPT-2 does,
   * also what it makes of every code point before it merges.
   */
  public static String sha256(Sentences sentences, Vocabulary vocabulary) {
    String rules = sha256(sentences);
    TextPipeline pipeline = vocabulary.pipeline();
    if (pipeline.isGpt2()) {
      return rules;
    }
    MessageDigest digest = Digests.sha256();
    digest.update(rules.getBytes(StandardCharsets.US_ASCII));
    String word = singleWord(pipeline.added());
    for (int c = 0; c < IDEOGRAPHS; c += c < SCRIPTS ? 1 : IDEOGRAPH_STEP) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        update(digest, pipeline, neighbours(Character.toString(c)) + word + Character.toString(c));
      }
    }
    update(digest, pipeline, "\u0315\u0300".repeat(1000));
    return Digests.hex(digest.digest());
  }

  /** One that is none where it touches a word; empty if there is no such. */
  private static String singleWord(AddedTokens added) {
    return added.tokens().stream()
        .filter(AddedToken::singleWord)
        .map(AddedToken::content)
        .findFirst()
        .orElse("");
  }

  private static void update(MessageDigest digest, TextPipeline pipeline, String text) {
    pipeline.cut(
        text,
        preToken -> {
          digest.update(preToken.getBytes(StandardCharsets.UTF_8));
          digest.update(NO_UTF8);
        },
        id -> digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(id).flip()));
  }

  /** A character beside those that patterns tell apart, and among marks that change places. */
  private static String neighbours(String c) {
    return "b"
        + c
        + "1"
        + c
        + " A"
        + c
        + " "
        + c
        + "b."
        + c
        + "'"
        + c
        + "\n"
        + c
        + c
        + " a\u0315\u0300"
        + c
        + "\u05AE\u0323b";
  }

  /**
   * Behind a word, behind the end of a sentence, and before and at the start of the next one; and
   * much without any word.
   */
  private static String probe() {
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < IDEOGRAPHS; c += c < SCRIPTS ? 1 : IDEOGRAPH_STEP) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        text.append('b').appendCodePoint(c).append(" A.").appendCodePoint(c).append(" B. ");
        text.appendCodePoint(c).append("b\n\n");
      }
    }
    return text.append(". (".repeat(1000)).append("A").toString();
  }

  /** For people: the Java version and, as its tables tell, the Unicode version. */
  public static String platform() {
    return "Java " + Runtime.version().feature() + ", Unicode " + unicode();
  }

  /** The newest version of which the tables have a character that was new in it. */
  private static String unicode() {
    if (Character.isDefined(0x1FAE9)) {
      return "16.0 or later";
    }
    if (Character.isDefined(0x2FFC)) {
      return "15.1";
    }
    if (Character.isDefined(0x1FAE8)) {
      return "15.0";
    }
    if (Character.isDefined(0x1FAE0)) {
      return "14.0";
    }
    return "13.0 or before";
  }
}
