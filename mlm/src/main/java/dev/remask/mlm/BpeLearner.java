package dev.remask.mlm;

import dev.remask.mlm.Merges.Merge;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns merges as the trainer of Hugging Face's tokenizers does, merge for merge: the most
 * frequent pair first, ties to the smaller left and then right id. Its corner cases are kept, each
 * marked "HF:" where it is. The result does not depend on the order of the texts.
 */
final class BpeLearner {
  /** Tokens by id, written in the byte alphabet, and merges by rank. */
  record Learned(List<String> tokens, List<Merge> merges) {}

  /** Two neighbouring tokens and how often they are neighbours. */
  private static final class Pair {
    final int left;
    final int right;
    long count;
    @Nullable IntList gainedIn; // words that got this pair by the current merge

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }
  }

  /** A pair in the queue with its count at that time and the words to look in. */
  private record Candidate(Pair pair, long count, IntList words, long age) {}

  private static final Comparator<Candidate> ORDER =
      Comparator.comparingLong((Candidate c) -> -c.count)
          .thenComparingInt(c -> c.pair.left)
          .thenComparingInt(c -> c.pair.right)
          .thenComparingLong(c -> c.age);

  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final int[][] words;
  private final int[] lengths;
  private final long[] counts;
  private final Map<Long, Pair> pairs = new HashMap<>();
  private final List<Pair> gained = new ArrayList<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>(ORDER);
  private long age;

  private BpeLearner(List<String> initialTokens, Map<String, Long> preTokens) {
    tokens = new ArrayList<>(initialTokens);
    for (int id = 0; id < tokens.size(); id++) {
      ids.put(tokens.get(id), id);
    }
    words = new int[preTokens.size()][];
    lengths = new int[words.length];
    counts = new long[words.length];
    int word = 0;
    for (Map.Entry<String, Long> preToken : preTokens.entrySet()) {
      String chars = ByteAlphabet.write(preToken.getKey());
      words[word] = chars.chars().map(c -> ids.get(String.valueOf((char) c))).toArray();
      lengths[word] = words[word].length;
      counts[word] = preToken.getValue();
      word++;
    }
  }

  /**
   * How often each pre-token occurs, each text cut as a whole (so white space may span lines); in a
   * fixed order.
   */
  static Map<String, Long> count(Iterable<String> texts) {
    Map<String, long[]> counts = new HashMap<>();
    for (String text : texts) {
      String wellFormed = PreTokens.wellFormed(text);
      for (int start = 0, end; start < wellFormed.length(); start = end) {
        end = PreTokens.end(wellFormed, start);
        counts.computeIfAbsent(wellFormed.substring(start, end), t -> new long[1])[0]++;
      }
    }
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((preToken, count) -> sorted.put(preToken, count[0]));
    return sorted;
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
        change(words[word][i], words[word][i + 1], counts[word], word);
      }
    }
    enqueueGained();
    Map<Pair, Merge> merges = new LinkedHashMap<>();
    while (tokens.size() < size) {
      Candidate top = queue.poll();
      if (top == null) {
        break;
      }
      Pair pair = top.pair;
      if (top.count != pair.count) {
        queue.add(new Candidate(pair, pair.count, top.words, top.age));
        continue;
      }
      if (top.count < minFrequency) {
        break;
      }
      int result = join(pair);
      // HF: words that gained a pair later are a candidate of their own, so a pair may be merged
      // twice; the later rank is the one that stays.
      merges.remove(pair);
      merges.put(pair, new Merge(pair.left, pair.right, result));
      for (int i = 0; i < top.words.size(); i++) {
        merge(top.words.get(i), pair, result);
      }
      enqueueGained();
    }
    return new Learned(List.copyOf(tokens), List.copyOf(merges.values()));
  }

  /** HF: text that is a token already keeps its id, so merges may outnumber tokens. */
  private int join(Pair pair) {
    String token = tokens.get(pair.left) + tokens.get(pair.right);
    Integer known = ids.putIfAbsent(token, tokens.size());
    if (known != null) {
      return known;
    }
    tokens.add(token);
    return tokens.size() - 1;
  }

  /** Joins the pair in one word. HF: the pair's own count stays as it is. */
  private void merge(int word, Pair pair, int result) {
    int[] symbols = words[word];
    int length = lengths[word];
    long count = counts[word];
    int out = 0;
    for (int in = 0; in < length; out++) {
      boolean found = in + 1 < length && symbols[in] == pair.left && symbols[in + 1] == pair.right;
      if (!found) {
        symbols[out] = symbols[in++];
        continue;
      }
      if (out > 0) {
        change(symbols[out - 1], pair.left, -count, word);
        change(symbols[out - 1], result, count, word);
      }
      if (in + 2 < length) {
        change(pair.right, symbols[in + 2], -count, word);
        change(result, symbols[in + 2], count, word);
      }
      symbols[out] = result;
      in += 2;
    }
    lengths[word] = out;
  }

  private void change(int left, int right, long by, int word) {
    Pair pair = pairs.computeIfAbsent((long) left << 32 | right, key -> new Pair(left, right));
    pair.count += by;
    if (by < 0) {
      return;
    }
    IntList in = pair.gainedIn;
    if (in == null) {
      in = new IntList(1);
      pair.gainedIn = in;
      gained.add(pair);
    }
    if (in.size() == 0 || in.get(in.size() - 1) != word) {
      in.add(word);
    }
  }

  private void enqueueGained() {
    for (Pair pair : gained) {
      IntList in = pair.gainedIn;
      pair.gainedIn = null;
      if (in != null && pair.count > 0) {
        queue.add(new Candidate(pair, pair.count, in, age++));
      }
    }
    gained.clear();
  }
}
