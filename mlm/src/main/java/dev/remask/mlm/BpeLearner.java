package dev.remask.mlm;

import dev.remask.mlm.Merges.Merge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Learns merges: again and again the most frequent pair of neighbouring tokens becomes a token,
 * ties to the smaller left and then right id. Merge for merge what Hugging Face's trainer learns;
 * the order of the texts plays no part.
 *
 * <p>A merge joins every occurrence of its pair, from the left in each word. So the same text is
 * never joined in two ways, and all occurrences of a pair come up in the step that makes the newer
 * of its tokens: afterwards they only get fewer, and a pair is queued once.
 */
final class BpeLearner {
  /** Tokens by id, written in the byte alphabet, and merges by rank. */
  record Learned(List<String> tokens, List<Merge> merges) {}

  /** Two neighbouring tokens, how often they are neighbours, and in which words they once were. */
  private static final class Pair {
    final int left;
    final int right;
    final IntList words = new IntList(1);
    long count;

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }
  }

  /** A pair with its count when it was queued: at least the present one. */
  private record Candidate(Pair pair, long count) {}

  private static final Comparator<Candidate> ORDER =
      Comparator.comparingLong((Candidate c) -> -c.count)
          .thenComparingInt(c -> c.pair.left)
          .thenComparingInt(c -> c.pair.right);

  private final List<String> tokens;
  private final int[][] words;
  private final int[] lengths;
  private final long[] counts;
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final List<Pair> fresh = new ArrayList<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(ORDER);

  private BpeLearner(List<String> initialTokens, Map<String, Long> preTokens) {
    tokens = new ArrayList<>(initialTokens);
    Map<String, Integer> ids = new HashMap<>();
    tokens.forEach(token -> ids.put(token, ids.size()));
    words = new int[preTokens.size()][];
    lengths = new int[words.length];
    counts = new long[words.length];
    int word = 0;
    for (Map.Entry<String, Long> preToken : preTokens.entrySet()) {
      String chars = ByteAlphabet.write(preToken.getKey());
      words[word] = chars.chars().map(c -> ids.get(Character.toString(c))).toArray();
      lengths[word] = words[word].length;
      counts[word] = preToken.getValue();
      word++;
    }
  }

  /**
   * Learns until there are {@code size} tokens, or no pair occurs {@code minFrequency} times.
   *
   * @param initialTokens with every byte among them
   */
  static Learned learn(
      List<String> initialTokens, Map<String, Long> preTokens, int size, int minFrequency) {
    return new BpeLearner(initialTokens, preTokens).run(size, Math.max(1, minFrequency));
  }

  private Learned run(int size, int minFrequency) {
    for (int word = 0; word < words.length; word++) {
      for (int i = 0; i + 1 < lengths[word]; i++) {
        add(words[word][i], words[word][i + 1], word);
      }
    }
    enqueueFresh();
    List<Merge> merges = new ArrayList<>();
    while (tokens.size() < size) {
      Candidate top = queue.poll();
      if (top == null || top.count < minFrequency) {
        break;
      }
      if (top.count == top.pair.count) {
        merges.add(merge(top.pair));
      } else {
        queue.add(new Candidate(top.pair, top.pair.count));
      }
    }
    return new Learned(List.copyOf(tokens), List.copyOf(merges));
  }

  private Merge merge(Pair pair) {
    int result = tokens.size();
    tokens.add(tokens.get(pair.left) + tokens.get(pair.right));
    for (int i = 0; i < pair.words.size(); i++) {
      merge(pair.words.get(i), pair, result);
    }
    enqueueFresh();
    return new Merge(pair.left, pair.right, result);
  }

  private void merge(int word, Pair pair, int result) {
    int[] symbols = words[word];
    int length = lengths[word];
    int out = 0;
    for (int in = 0; in < length; out++) {
      boolean found = in + 1 < length && symbols[in] == pair.left && symbols[in + 1] == pair.right;
      if (!found) {
        symbols[out] = symbols[in++];
        continue;
      }
      if (out > 0) {
        remove(symbols[out - 1], pair.left, word);
        add(symbols[out - 1], result, word);
      }
      if (in + 2 < length) {
        remove(pair.right, symbols[in + 2], word);
        add(result, symbols[in + 2], word);
      }
      symbols[out] = result;
      in += 2;
    }
    lengths[word] = out;
  }

  private Pair pair(int left, int right) {
    return pairs.computeIfAbsent(
        (long) left << 32 | right,
        key -> {
          Pair pair = new Pair(left, right);
          fresh.add(pair);
          return pair;
        });
  }

  private void add(int left, int right, int word) {
    Pair pair = pair(left, right);
    pair.count += counts[word];
    IntList in = pair.words;
    if (in.size() == 0 || in.get(in.size() - 1) != word) {
      in.add(word);
    }
  }

  private void remove(int left, int right, int word) {
    pair(left, right).count -= counts[word];
  }

  private void enqueueFresh() {
    for (Pair pair : fresh) {
      queue.add(new Candidate(pair, pair.count));
    }
    fresh.clear();
  }
}
