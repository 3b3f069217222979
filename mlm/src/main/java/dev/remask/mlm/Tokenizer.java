package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** Text to token ids. Not thread-safe: it remembers the pre-tokens that it has seen. */
public final class Tokenizer {
  private static final int MAX_REMEMBERED = 1 << 16;
  private static final int MAX_REMEMBERED_CHARS = 32;

  /** Above this many bytes a pre-token is merged with a queue: n log n instead of n². */
  static final int LONG = 64;

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final Map<String, Integer> whole; // pre-tokens that no merge is asked about
  private final boolean gpt2;
  private final Map<String, int[]> remembered = new HashMap<>();

  public Tokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.merges = vocabulary.merges();
    this.whole = vocabulary.ignoresMerges() ? vocabulary.madeIds() : Map.of();
    this.gpt2 = vocabulary.pipeline().isGpt2();
  }

  /**
   * The ids of the text; special tokens are never made from text, and none are added around it. A
   * surrogate without its partner counts as U+FFFD.
   */
  public int[] encode(String text) {
    String wellFormed = PreTokens.wellFormed(text);
    IntList out = new IntList(8 + wellFormed.length() / 3);
    if (!gpt2) {
      vocabulary.pipeline().cut(wellFormed, preToken -> out.addAll(preToken(preToken)), out::add);
      return out.toArray();
    }
    for (int start = 0, end; start < wellFormed.length(); start = end) {
      end = PreTokens.end(wellFormed, start);
      out.addAll(preToken(wellFormed.substring(start, end)));
    }
    return out.toArray();
  }

  private int[] preToken(String preToken) {
    int[] ids = remembered.get(preToken);
    if (ids != null) {
      return ids;
    }
    Integer id = whole.isEmpty() ? null : whole.get(ByteAlphabet.write(preToken));
    ids = id == null ? merge(symbols(preToken)) : new int[] {id};
    if (preToken.length() <= MAX_REMEMBERED_CHARS) {
      if (remembered.size() == MAX_REMEMBERED) {
        remembered.clear();
      }
      remembered.put(preToken, ids);
    }
    return ids;
  }

  private int[] symbols(String preToken) {
    byte[] bytes = preToken.getBytes(StandardCharsets.UTF_8);
    int[] symbols = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      symbols[i] = vocabulary.byteId(bytes[i] & 0xFF);
    }
    return symbols;
  }

  private int[] merge(int[] symbols) {
    return symbols.length <= LONG ? mergeShort(symbols) : mergeLong(symbols);
  }

  /** BPE as it is defined: while any rule applies, the one of lowest rank, leftmost place. */
  int[] mergeShort(int[] symbols) {
    int length = symbols.length;
    while (true) {
      int best = Merges.NONE;
      int at = -1;
      for (int i = 0; i + 1 < length; i++) {
        int rank = merges.rank(symbols[i], symbols[i + 1]);
        if (rank < best) {
          best = rank;
          at = i;
        }
      }
      if (at < 0) {
        return Arrays.copyOf(symbols, length);
      }
      symbols[at] = merges.result(best);
      System.arraycopy(symbols, at + 2, symbols, at + 1, length - at - 2);
      length--;
    }
  }

  /** The same, with a queue of (rank, place) and the symbols as a linked list. */
  int[] mergeLong(int[] symbols) {
    int n = symbols.length;
    int[] previous = new int[n + 1];
    int[] next = new int[n];
    PriorityQueue<Long> queue = new PriorityQueue<>();
    for (int i = 0; i < n; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
      offer(queue, symbols, i, i + 1);
    }
    while (!queue.isEmpty()) {
      long top = queue.remove();
      int rank = (int) (top >>> 32);
      int at = (int) top;
      int right = next[at];
      // An entry is out of date if either symbol has been merged since.
      if (symbols[at] < 0 || right == n || merges.rank(symbols[at], symbols[right]) != rank) {
        continue;
      }
      symbols[at] = merges.result(rank);
      symbols[right] = -1;
      next[at] = next[right];
      previous[next[right]] = at;
      offer(queue, symbols, at, next[at]);
      if (at > 0) {
        offer(queue, symbols, previous[at], at);
      }
    }
    return Arrays.stream(symbols).filter(id -> id >= 0).toArray();
  }

  private void offer(PriorityQueue<Long> queue, int[] symbols, int left, int right) {
    if (right < symbols.length) {
      int rank = merges.rank(symbols[left], symbols[right]);
      if (rank != Merges.NONE) {
        queue.add((long) rank << 32 | left);
      }
    }
  }
}
