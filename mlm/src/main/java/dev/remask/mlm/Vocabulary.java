package dev.remask.mlm;

import dev.remask.mlm.BpeLearner.Learned;
import dev.remask.mlm.Merges.Merge;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A byte-level BPE vocabulary in RoBERTa's layout: {@code <s>} 0, {@code <pad>} 1, {@code </s>} 2,
 * {@code <unk>} 3, then text, {@code <mask>} last. Every byte is a token, so any text has ids and
 * {@code <unk>} is never needed. Immutable.
 */
public final class Vocabulary {
  public static final int BOS = 0;
  public static final int PAD = 1;
  public static final int EOS = 2;
  public static final int UNK = 3;

  /** Every id from here up to, not including, {@link #mask()} stands for bytes of text. */
  static final int FIRST_TEXT = 4;

  static final List<String> LEADING = List.of("<s>", "<pad>", "</s>", "<unk>");
  static final String MASK = "<mask>";

  /** The special tokens and the bytes. */
  static final int MIN_SIZE = FIRST_TEXT + 256 + 1;

  static final int MAX_SIZE = 1 << 20;

  private final List<String> tokens; // by id; text in the byte alphabet
  private final byte[][] bytes; // [V], what decoding emits
  private final int[] byteIds; // [256]
  private final Merges merges;
  private final boolean ignoresMerges;
  private final TextPipeline pipeline;
  private final byte[] tokenizerJson;
  private final String sha256;

  /** IllegalArgumentException with the reason if this is no such vocabulary. */
  Vocabulary(List<String> tokens, List<Merge> rules) {
    this(tokens, rules, false, TextPipeline.GPT2);
  }

  /**
   * The same.
   *
   * @param tokens the last ones before the mask are those that only the pipeline makes, as text
   * @param ignoresMerges whether a pre-token that is a token is that one, whatever the merges make
   */
  Vocabulary(List<String> tokens, List<Merge> rules, boolean ignoresMerges, TextPipeline pipeline) {
    this.tokens = List.copyOf(tokens);
    this.ignoresMerges = ignoresMerges;
    this.pipeline = pipeline;
    requireLayout();
    bytes = new byte[size()][];
    byteIds = new int[256];
    Arrays.fill(byteIds, -1);
    for (int id = 0; id < bytes.length; id++) {
      String token = tokens.get(id);
      bytes[id] = isMade(id) ? ByteAlphabet.read(token) : token.getBytes(StandardCharsets.UTF_8);
      require(bytes[id].length > 0, "token " + id + " is empty");
      if (isMade(id) && bytes[id].length == 1) {
        byteIds[bytes[id][0] & 0xFF] = id;
      }
    }
    for (int b = 0; b < 256; b++) {
      require(byteIds[b] >= 0, "no token for byte " + b);
    }
    merges = new Merges(rules);
    rules.forEach(this::requireJoins);
    tokenizerJson = TokenizerJson.write(this).getBytes(StandardCharsets.UTF_8);
    sha256 = Digests.sha256(tokenizerJson);
  }

  private void requireLayout() {
    require(
        size() >= MIN_SIZE && size() <= MAX_SIZE,
        size() + " tokens; allowed are " + MIN_SIZE + " to " + MAX_SIZE);
    for (int id = 0; id < FIRST_TEXT; id++) {
      require(
          tokens.get(id).equals(LEADING.get(id)),
          "token " + id + " is " + tokens.get(id) + ", not " + LEADING.get(id));
    }
    require(tokenIds().size() == size(), "a token stands twice");
    require(
        tokens.get(mask()).equals(MASK),
        "the last token is " + tokens.get(mask()) + ", not <mask>");
  }

  private void requireJoins(Merge rule) {
    String left = tokens.get(rule.left());
    String right = tokens.get(rule.right());
    require(
        isMade(rule.left()) && isMade(rule.right()) && isMade(rule.result()),
        "the merge of " + left + " and " + right + " involves a special or added token");
    require(
        tokens.get(rule.result()).equals(left + right),
        "the merge of " + left + " and " + right + " makes " + tokens.get(rule.result()));
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(
          "not a byte-level BPE vocabulary in RoBERTa's layout: " + otherwise);
    }
  }

  /**
   * Learns from these texts, as {@link VocabularyLearner} does.
   *
   * @param size with the special tokens, 261 ... 1,048,576
   */
  public static Vocabulary learn(Iterable<String> texts, int size) {
    requireSize(size);
    VocabularyLearner learner = new VocabularyLearner();
    texts.forEach(learner::add);
    return learner.learn(size);
  }

  static void requireSize(int size) {
    if (size < MIN_SIZE || size > MAX_SIZE) {
      throw new IllegalArgumentException(
          "vocabulary size " + size + "; allowed are " + MIN_SIZE + " to " + MAX_SIZE);
    }
  }

  static Vocabulary learn(PreTokenCounts preTokens, int size, int minFrequency) {
    List<String> initial = new ArrayList<>(LEADING);
    initial.addAll(ByteAlphabet.characters());
    Learned learned = BpeLearner.learn(initial, preTokens, size - 1, minFrequency);
    List<String> tokens = new ArrayList<>(learned.tokens());
    tokens.add(MASK);
    return new Vocabulary(tokens, learned.merges());
  }

  /**
   * Reads a Hugging Face tokenizer.json that holds a byte-level BPE in this layout. What does not
   * change the ids of a text (template, decoder, truncation, padding) is not kept: {@link
   * #tokenizerJson()} of the result has our own, and its own hash.
   *
   * @throws IllegalArgumentException with the reason if it is anything else
   */
  public static Vocabulary parse(byte[] tokenizerJson) {
    return TokenizerJson.read(tokenizerJson);
  }

  /**
   * Reads the same of any byte-level BPE, in whatever layout: where it has not this one, its tokens
   * of text keep their order and get the ids from 4 on, and RoBERTa's special tokens stand for its
   * own. Texts without the names of special tokens are cut into the same tokens; the ids are not
   * those of the file. Its normalizer, its pre-tokenizer and its added tokens that are not special
   * are kept.
   *
   * @throws IllegalArgumentException with the reason if it is anything else
   */
  public static Vocabulary adopt(byte[] tokenizerJson) {
    return TokenizerJson.adopt(tokenizerJson);
  }

  /**
   * The vocabulary as Hugging Face's tokenizer.json, UTF-8: a function of all that decides about
   * the ids of a text, so equal vocabularies have equal bytes.
   */
  public byte[] tokenizerJson() {
    return tokenizerJson.clone();
  }

  /** The vocabulary as GPT-2's vocab.json, special tokens included. */
  public String vocabJson() {
    return Json.write(tokenIds());
  }

  /** The merges as GPT-2's merges.txt. */
  public String mergesTxt() {
    StringBuilder out = new StringBuilder("#version: 0.2\n");
    for (Merge merge : merges.rules()) {
      out.append(tokens.get(merge.left())).append(' ').append(tokens.get(merge.right()));
      out.append('\n');
    }
    return out.toString();
  }

  /** SHA-256 of tokenizerJson(), lower-case hexadecimal. */
  public String sha256() {
    return sha256;
  }

  public int size() {
    return tokens.size();
  }

  /** The id of the mask token, size - 1. */
  public int mask() {
    return size() - 1;
  }

  /**
   * The text of some ids; special tokens by their names, bytes that are not UTF-8 as U+FFFD.
   *
   * @throws IllegalArgumentException for an id outside the vocabulary
   */
  public String decode(int... ids) {
    return new String(bytes(ids), StandardCharsets.UTF_8);
  }

  /**
   * One token for people to read: its text, or, if it is part of a character only, its bytes as in
   * {@code <0xE2><0x82>}.
   */
  public String piece(int id) {
    byte[] piece = bytes(id);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(piece)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder out = new StringBuilder();
      for (byte b : piece) {
        out.append(String.format(Locale.ROOT, "<0x%02X>", b));
      }
      return out.toString();
    }
  }

  private byte[] bytes(int... ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      if (id < 0 || id >= size()) {
        throw new IllegalArgumentException("token id " + id + "; allowed are 0 to " + mask());
      }
      out.writeBytes(bytes[id]);
    }
    return out.toByteArray();
  }

  /**
   * Whether text is cut as GPT-2 cuts it, and nothing else is done to it: all that vocab.json and
   * merges.txt can tell.
   */
  public boolean cutsAsGpt2() {
    return pipeline.isGpt2();
  }

  /**
   * The ids that begin a word wherever they stand, for whole-word masking: text that starts with a
   * space. White space of other kinds begins none; what follows a special token begins one by its
   * place. Where a vocabulary cuts text otherwise than GPT-2, a word that comes without a space of
   * its own (behind an added token of spaces, or a bracket that it is one pre-token with) belongs
   * to the one before.
   */
  public BitSet wordStarts() {
    BitSet starts = new BitSet(size());
    for (int id = FIRST_TEXT; id < mask(); id++) {
      starts.set(id, bytes[id][0] == ' ');
    }
    return starts;
  }

  /** UTF-8 bytes of text that a token stands for: none, if it is a special one. */
  public int textBytes(int id) {
    return isText(id) ? bytes[id].length : 0;
  }

  boolean isText(int id) {
    return id >= FIRST_TEXT && id < mask();
  }

  /** Whether it is a byte, or can be made of bytes by merges. */
  private boolean isMade(int id) {
    return id >= FIRST_TEXT && id < mask() - pipeline.added().own();
  }

  int byteId(int b) {
    return byteIds[b];
  }

  Merges merges() {
    return merges;
  }

  boolean ignoresMerges() {
    return ignoresMerges;
  }

  TextPipeline pipeline() {
    return pipeline;
  }

  /** The tokens that a pre-token may be as a whole. */
  Map<String, Integer> madeIds() {
    Map<String, Integer> ids = tokenIds();
    ids.values().removeIf(id -> !isMade(id));
    return ids;
  }

  String token(int id) {
    return tokens.get(id);
  }

  /** Every token and its id, in the order of the ids. */
  Map<String, Integer> tokenIds() {
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (int id = 0; id < size(); id++) {
      ids.put(tokens.get(id), id);
    }
    return ids;
  }
}
