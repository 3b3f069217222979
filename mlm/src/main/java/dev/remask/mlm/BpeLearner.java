package dev.remask.mlm;

import dev.remask.mlm.Merges.Merge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Learns merges: again and again the most frequent pair of neighbouring tokens becomes a token,
 * ties to the smaller left and then right id. Merge for merge what Hugging Face's trainer learns.
 * Counts and ids alone decide, so the order of the pre-tokens plays no part.
 *
 * <p>A merge joins every occurrence of its pair, from the left in each pre-token. So the same text
 * is never joined in two ways, and all occurrences of a pair come up in the step that makes the
 * newer of its tokens: afterwards they only get fewer. Hence a pair that is rare then is of no
 * interest later, the others are queued once, and each place knows its pair, as in Re-Pair (Larsson
 * and Moffat, 1999). What is held is in proportion to the pre-tokens' bytes.
 */
final class BpeLearner {
  /** Tokens by id, written in the byte alphabet, and merges by rank. */
  record Learned(List<String> tokens, List<Merge> merges) {}

  /** Two neighbouring tokens: where the left one starts, or started, and how often it does. */
  private static final class Pair implements Comparable<Pair> {
    final int left;
    final int right;
    int[] places = {}; // ascending
    long count;
    long queued; // the count by which it was queued: at least the present one

    Pair(int left, int right) {
      this.left = left;
      this.right = right;
    }

    /** In the order in which they are merged. */
    @Override
    public int compareTo(Pair other) {
      if (queued != other.queued) {
        return Long.compare(other.queued, queued);
      }
      int byLeft = Integer.compare(left, other.left);
      return byLeft != 0 ? byLeft : Integer.compare(right, other.right);
    }
  }

  /** A pair that comes up in this step. */
  private record Fresh(Pair pair, IntList places) {}

  /** In place of a token: around each pre-token, and within a token. */
  private static final int NONE = -1;

  private final int minFrequency;
  private final List<String> tokens;
  private final int[] lengths; // of the tokens, in bytes
  private final int[] text; // the token that starts or ends at a place, a byte of a pre-token each
  private final int[] preTokens; // which one a place is in
  private final long[] counts; // of the pre-tokens
  private final @Nullable Pair[] pairs; // whose left token starts at a place
  private final List<Fresh> fresh = new ArrayList<>();
  private final PriorityQueue<Pair> queue = new PriorityQueue<>();
  private int rare; // pairs that have become so since the queue was rid of them

  private BpeLearner(List<String> initial, PreTokenCounts counted, int size, int minFrequency) {
    this.minFrequency = minFrequency;
    tokens = new ArrayList<>(initial);
    lengths = new int[Math.max(size, initial.size())];
    Arrays.fill(lengths, 1);
    int[] ids = new int[256];
    Arrays.setAll(ids, b -> initial.indexOf(ByteAlphabet.character(b)));
    text = new int[1 + counted.bytes() + counted.size()];
    preTokens = new int[text.length];
    pairs = new Pair[text.length];
    counts = new long[counted.size()];
    Arrays.fill(text, NONE);
    int place = 1;
    for (int i = 0; i < counts.length; i++) {
      counts[i] = counted.count(i);
      for (byte b : counted.preToken(i)) {
        preTokens[place] = i;
        text[place++] = ids[b & 0xFF];
      }
      place++;
    }
  }

  /**
   * Learns until there are {@code size} tokens, or no pair occurs {@code minFrequency} times.
   *
   * @param initial tokens, with every byte among them
   */
  static Learned learn(List<String> initial, PreTokenCounts counted, int size, int minFrequency) {
    return new BpeLearner(initial, counted, size, Math.max(1, minFrequency)).run(size);
  }

  private Learned run(int size) {
    pairBytes();
    List<Merge> merges = new ArrayList<>();
    @Nullable Fresh[] before = new Fresh[size];
    @Nullable Fresh[] after = new Fresh[size];
    while (tokens.size() < size && !queue.isEmpty()) {
      Pair top = queue.remove();
      if (top.count < top.queued) {
        queue(top);
        continue;
      }
      Merge merge = new Merge(top.left, top.right, tokens.size());
      merges.add(merge);
      tokens.add(tokens.get(top.left) + tokens.get(top.right));
      lengths[merge.result()] = lengths[top.left] + lengths[top.right];
      pair(merge.result(), join(top, merge.result()), before, after);
    }
    return new Learned(List.copyOf(tokens), List.copyOf(merges));
  }

  private void pairBytes() {
    int ids = tokens.size();
    @Nullable Fresh[] known = new Fresh[ids * ids];
    for (int place = 1; place + 1 < text.length; place++) {
      int left = text[place];
      int right = text[place + 1];
      if (left != NONE && right != NONE) {
        add(left, right, place, known, left * ids + right);
      }
    }
    queueFresh();
  }

  /** Makes a token of a pair; returns where. */
  private IntList join(Pair pair, int result) {
    IntList places = new IntList(pair.places.length);
    for (int place : pair.places) {
      if (pairs[place] != pair) {
        continue;
      }
      long count = counts[preTokens[place]];
      int middle = place + lengths[pair.left];
      if (text[place - 1] != NONE) {
        lose(place - lengths[text[place - 1]], count);
      }
      lose(middle, count);
      pairs[place] = null;
      text[middle] = NONE;
      text[place] = result;
      text[place + lengths[result] - 1] = result;
      places.add(place);
    }
    return places;
  }

  /** The pair of a place is there so many times less. */
  private void lose(int place, long count) {
    Pair pair = pairs[place];
    if (pair != null) {
      rare += pair.count >= minFrequency && pair.count - count < minFrequency ? 1 : 0;
      pair.count -= count;
      pairs[place] = null;
    }
  }

  /**
   * Pairs a new token with its neighbours.
   *
   * @param before by the left neighbour, what was last paired with it
   * @param after likewise by the right one
   */
  private void pair(int token, IntList places, @Nullable Fresh[] before, @Nullable Fresh[] after) {
    for (int i = 0; i < places.size(); i++) {
      int place = places.get(i);
      int left = text[place - 1];
      int right = text[place + lengths[token]];
      if (left != NONE && left != token) {
        add(left, token, place - lengths[left], before, left);
      }
      if (right != NONE) {
        add(token, right, place, after, right);
      }
    }
    queueFresh();
    dropRare();
  }

  private void add(int left, int right, int place, @Nullable Fresh[] known, int key) {
    Fresh of = known[key];
    if (of == null || of.pair.left != left || of.pair.right != right) {
      of = new Fresh(new Pair(left, right), new IntList(1));
      known[key] = of;
      fresh.add(of);
    }
    of.pair.count += counts[preTokens[place]];
    of.places.add(place);
    pairs[place] = of.pair;
  }

  private void queueFresh() {
    for (Fresh of : fresh) {
      of.pair.places = of.places.toArray();
      queue(of.pair);
    }
    fresh.clear();
  }

  private void queue(Pair pair) {
    if (pair.count >= minFrequency) {
      pair.queued = pair.count;
      queue.add(pair);
    } else {
      drop(pair);
    }
  }

  private void drop(Pair pair) {
    for (int place : pair.places) {
      if (pairs[place] == pair) {
        pairs[place] = null;
      }
    }
    pair.places = new int[0];
  }

  /** Pairs that have become rare would stay in the queue until all others are merged. */
  private void dropRare() {
    if (rare > queue.size() / 2) {
      queue.stream().filter(pair -> pair.count < minFrequency).forEach(this::drop);
      queue.removeIf(pair -> pair.count < minFrequency);
      rare = 0;
    }
  }
}
