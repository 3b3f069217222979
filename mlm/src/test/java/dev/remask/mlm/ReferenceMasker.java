package dev.remask.mlm;

import dev.remask.mlm.MaskingPolicy.Kind;
import dev.remask.mlm.MaskingPolicy.Selection;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;

/** MASKING.md read off line by line, without a thought of speed. */
record ReferenceMasker(
    long runSeed, String dataset, MaskingPolicy policy, int vocabularySize, BitSet wordStarts) {

  Masked mask(int epoch, int partition, long sequence, int[] tokens) {
    boolean copy = policy.kind() == Kind.STATIC && epoch != Masker.EVALUATION;
    long m = Integer.toUnsignedLong(copy ? epoch % policy.copies() : epoch);
    String text = "remask-mask-1\n" + runSeed + "\n" + dataset + "\n" + policy.canonical();
    Draws draws = Draws.Key.of(text).draws(m << 32 | partition, sequence);
    List<List<Integer>> candidates = candidates(tokens);
    int n = candidates.size();
    boolean exact = policy.selection() == Selection.EXACT;
    int[] inputs = tokens.clone();
    TreeSet<Integer> positions = new TreeSet<>();
    for (int j = 1; j <= (exact ? count(n, draws) : n); j++) {
      if (exact) {
        Collections.swap(candidates, j - 1, j - 1 + below(n - j + 1, draws.draw(j)));
      }
      if (exact || draws.draw(j) >>> 32 < share(policy.probability())) {
        List<Integer> word = candidates.get(j - 1);
        for (int w = 0; w < word.size(); w++) {
          inputs[word.get(w)] = replacement(draws, 2L * w * (1L << 32) + j, tokens[word.get(w)]);
        }
        positions.addAll(word);
      }
    }
    int[] at = positions.stream().mapToInt(Integer::intValue).toArray();
    int[] labels = positions.stream().mapToInt(position -> tokens[position]).toArray();
    return new Masked(inputs, at, labels);
  }

  /** The positions of every word that may be selected. */
  private List<List<Integer>> candidates(int[] tokens) {
    List<List<Integer>> words = words(tokens);
    words.removeIf(word -> tokens[word.get(0)] <= 3 && !policy.fairseqCompatible());
    return words;
  }

  List<List<Integer>> words(int[] tokens) {
    List<List<Integer>> words = new ArrayList<>();
    for (int i = 0; i < tokens.length; i++) {
      boolean begins = i == 0 || tokens[i] <= 3 || tokens[i - 1] <= 3 || wordStarts.get(tokens[i]);
      if (begins || !policy.wholeWord()) {
        words.add(new ArrayList<>());
      }
      words.get(words.size() - 1).add(i);
    }
    return words;
  }

  private int count(int n, Draws draws) {
    return BigInteger.valueOf(n)
        .multiply(BigInteger.valueOf(share(policy.probability())))
        .add(BigInteger.valueOf(draws.draw(0) >>> 32))
        .shiftRight(32)
        .intValueExact();
  }

  private int replacement(Draws draws, long i, int token) {
    long low = draws.draw(i) & 0xFFFFFFFFL;
    if (low < share(policy.maskShare())) {
      return vocabularySize - 1;
    }
    return low < share(policy.maskShare()) + share(policy.randomShare())
        ? 4 + below(vocabularySize - 5, draws.draw((1L << 32) + i))
        : token;
  }

  private static long share(double p) {
    return (long) Math.floor(p * 0x1p32 + 0.5);
  }

  private static int below(int n, long draw) {
    return BigInteger.valueOf(draw >>> 32)
        .multiply(BigInteger.valueOf(n))
        .shiftRight(32)
        .intValueExact();
  }
}
