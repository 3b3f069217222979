package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.PriorityQueue;

/** Text to token ids. Not thread-safe: it remembers the pre-tokens that it has seen. */
public final class Tokenizer {
  /** Above this many bytes a pre-token is merged with a queue: n log n instead of n². */
  static final int LONG = 64;

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final Map<String, Integer> whole; // pre-tokens that no merge is asked about
  private final boolean gpt2;
  private final SeenPreTokens seen = new SeenPreTokens(SeenPreTokens.ENTRIES_MAX);

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
    if (gpt2) {
      for (int start = 0, end; start < wellFormed.length(); start = end) {
        end = PreTokens.end(wellFormed, start);
        addPreToken(wellFormed, start, end, out);
      }
    } else {
      vocabulary
          .pipeline()
          .cut(wellFormed, part -> addPreToken(part, 0, part.length(), out), out::add);
    }
    return out.toArray();
  }

  private void addPreToken(String text, int start, int end, IntList out) {
    if (!seen.addTo(out, text, start, end)) {
      int[] ids = preToken(text.substring(start, end));
      out.addAll(ids);
      if (end - start <= SeenPreTokens.CHARS_MAX) {
        seen.put(text, start, end, ids);
      }
    }
  }

  private int[] preToken(String preToken) {
    Integer id = whole.isEmpty() ? null : whole.get(ByteAlphabet.write(preToken));
    return id == null ? merge(symbols(preToken)) : new int[] {id};
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
    int[] ranks = new int[length]; // of a symbol with the one behind it
    for (int i = 0; i < length; i++) {
      ranks[i] = rank(symbols, i, length);
    }
    for (int at = lowest(ranks, length); at >= 0; at = lowest(ranks, length)) {
      symbols[at] = merges.result(ranks[at]);
      length--;
      System.arraycopy(symbols, at + 2, symbols, at + 1, length - at - 1);
      System.arraycopy(ranks, at + 2, ranks, at + 1, length - at - 1);
      ranks[at] = rank(symbols, at, length);
      if (at > 0) {
        ranks[at - 1] = rank(symbols, at - 1, length);
      }
    }
    return Arrays.copyOf(symbols, length);
  }

  private int rank(int[] symbols, int at, int length) {
    return at + 1 < length ? merges.rank(symbols[at], symbols[at + 1]) : Merges.NONE;
  }

  /** Where the lowest rank is, the leftmost of them; -1 if no rule applies. */
  private static int lowest(int[] ranks, int length) {
    int best = Merges.NONE;
    int at = -1;
    for (int i = 0; i < length; i++) {
      if (ranks[i] < best) {
        best = ranks[i];
        at = i;
      }
    }
    return at;
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
