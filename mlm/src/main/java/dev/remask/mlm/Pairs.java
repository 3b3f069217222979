package dev.remask.mlm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Packer#segmentPairs} and {@link Packer#sentencePairs}. */
final class Pairs implements Packer {
  private static final long SHORT = MaskingPolicy.share32(0.1);
  private static final long HALF = MaskingPolicy.share32(0.5);

  /** Excerpts of one document at most: a long one must not push out all others. */
  static final int EXCERPTS_MAX = 8;

  // The draws of a place (partition, sequence). The first two and the excerpts are the document's,
  // by the sequence of its first segment; the others are the segment's.
  static final long DRAW_SHORT = 0;
  static final long DRAW_TARGET = 1;
  static final long DRAW_RANDOM = 2;
  static final long DRAW_SPLIT = 3;
  static final long DRAW_PARTNER = 4;
  static final long DRAW_START = 5;
  static final long DRAW_TRUNCATE = 1L << 32;
  static final long DRAW_EXCERPT = 2L << 32;

  private final int textMax; // tokens of both parts together
  private final int chunkMax; // sentences that a pair is made of
  private final boolean shortOnes;
  private final Draws.Key key;
  private final int partition;

  private Pairs(int segmentLength, int chunkMax, boolean shortOnes, String dataset, int partition) {
    if (segmentLength < 5 || segmentLength > 1 << 16) {
      throw new IllegalArgumentException(
          "segment length " + segmentLength + " of pairs; allowed are 5 to 65536");
    }
    this.textMax = segmentLength - 3;
    this.chunkMax = chunkMax;
    this.shortOnes = shortOnes;
    this.key = Draws.Key.of("remask-pair-1\n" + dataset);
    this.partition = partition;
  }

  static Pairs ofSegments(int segmentLength, String dataset, int partition) {
    return new Pairs(segmentLength, Integer.MAX_VALUE, true, dataset, partition);
  }

  static Pairs ofSentences(int segmentLength, String dataset, int partition) {
    return new Pairs(segmentLength, 2, false, dataset, partition);
  }

  @Override
  public Packing pack(
      Carry carry, String document, @Nullable String source, List<int[]> sentences) {
    requireNothingWaits(carry);
    int[][] pieces = pieces(sentences);
    Pairing pairing = new Pairing(carry, document, source, pieces);
    int target = target(draws(carry.nextSequence()));
    for (int at = 0; at < pieces.length; ) {
      at = pairing.add(at, target);
    }
    Excerpts partners = carry.partners();
    if (pieces.length > 0) {
      partners =
          partners.without(document).and(excerpts(carry.nextSequence(), document, source, pieces));
    }
    Carry left = new Carry(pairing.sequence, new int[0], List.of(), partners);
    return new Packing(List.copyOf(pairing.segments), left, pairing.truncated, pairing.repeated);
  }

  /** Nothing waits; what second parts are taken from stays. */
  @Override
  public Packing flush(Carry carry) {
    requireNothingWaits(carry);
    return new Packing(List.of(), carry);
  }

  private static void requireNothingWaits(Carry carry) {
    if (carry.tokens().length > 0) {
      throw new IllegalStateException(
          "carry of " + carry.tokens().length + " tokens, but no document continues the last one");
    }
  }

  private Draws draws(long sequence) {
    return key.draws(partition, sequence);
  }

  private int target(Draws draws) {
    boolean isShort = shortOnes && draws.draw(DRAW_SHORT) >>> 32 < SHORT;
    return isShort ? 2 + Draws.below(textMax - 1, draws.draw(DRAW_TARGET)) : textMax;
  }

  /** The sentences that have text, long ones cut so that a token of another part has room. */
  private int[][] pieces(List<int[]> sentences) {
    List<int[]> pieces = new ArrayList<>(sentences.size());
    for (int[] sentence : sentences) {
      for (int start = 0; start < sentence.length; start += textMax - 1) {
        int end = Math.min(start + textMax - 1, sentence.length);
        pieces.add(
            start == 0 && end == sentence.length
                ? sentence
                : Arrays.copyOfRange(sentence, start, end));
      }
    }
    return pieces.toArray(int[][]::new);
  }

  private Excerpts excerpts(
      long sequence, String document, @Nullable String source, int[][] pieces) {
    Draws draws = draws(sequence);
    int most = Math.min(textMax - 1, Excerpts.TOKENS_MAX - 1);
    int starts = startsBefore(pieces, most);
    int count = (int) Math.min(EXCERPTS_MAX, 1 + (length(pieces, 0, pieces.length) - 1) / most);
    IntList tokens = new IntList(0);
    List<Span> spans = new ArrayList<>();
    for (int j = 0; j < count; j++) {
      int from = tokens.size();
      int room = most;
      for (int i = Draws.below(starts, draws.draw(DRAW_EXCERPT + j)); i < pieces.length; i++) {
        int[] piece = pieces[i];
        boolean first = tokens.size() == from;
        int with = tokens.size() - from + Math.min(piece.length, most) + 1;
        if (!first && (piece.length > room || with > Excerpts.TOKENS_MAX)) {
          break;
        }
        tokens.addAll(piece.length > most ? Arrays.copyOf(piece, most) : piece);
        tokens.add(Vocabulary.EOS);
        room -= piece.length;
      }
      spans.add(new Span(document, from, tokens.size(), source));
    }
    return new Excerpts(tokens.toArray(), spans);
  }

  /** How many sentences have so much text from their start on; 1 if there is none. */
  private static int startsBefore(int[][] pieces, int tokens) {
    int start = pieces.length;
    for (long rest = 0; start > 0 && rest < tokens; ) {
      rest += pieces[--start].length;
    }
    return start + 1;
  }

  private static long length(int[][] pieces, int from, int to) {
    long length = 0;
    for (int i = from; i < to; i++) {
      length += pieces[i].length;
    }
    return length;
  }

  /** Text of one document on its way into a pair; truncating moves its ends. */
  private static final class Part {
    private final int[] tokens;
    private int start;
    private int end;

    Part(int[] tokens, int start, int end) {
      this.tokens = tokens;
      this.start = start;
      this.end = end;
    }

    static Part of(int[][] sentences, int from, int to) {
      IntList tokens = new IntList(0);
      for (int i = from; i < to; i++) {
        tokens.addAll(sentences[i]);
      }
      return new Part(tokens.toArray(), 0, tokens.size());
    }

    int length() {
      return end - start;
    }
  }

  /** A second part of another document. */
  private record Partner(Span span, Part part) {}

  /** The pairs of one document. */
  private final class Pairing {
    private final List<TokenSegment> segments = new ArrayList<>();
    private final String document;
    private final @Nullable String source;
    private final int[][] pieces;
    private final Excerpts excerpts;
    private final List<Span> others; // excerpts of other documents
    private long sequence;
    private long truncated;
    private long repeated;

    Pairing(Carry carry, String document, @Nullable String source, int[][] pieces) {
      this.document = document;
      this.source = source;
      this.pieces = pieces;
      this.excerpts = carry.partners();
      this.others =
          excerpts.spans().stream().filter(span -> !span.document().equals(document)).toList();
      this.sequence = carry.nextSequence();
    }

    /** Makes one pair of the sentences from an index on; returns the first that is not in it. */
    int add(int from, int target) {
      int to = from;
      long length = 0;
      while (to < pieces.length && length < target && to - from < chunkMax) {
        length += pieces[to++].length;
      }
      Draws draws = draws(sequence);
      if (to - from == 1 && others.isEmpty()) {
        halve(pieces[from], draws);
        return to;
      }
      int split = from + 1;
      if (to - from > 1) {
        split += Draws.below(to - from - 1, draws.draw(DRAW_SPLIT));
      }
      Part first = Part.of(pieces, from, split);
      boolean isRandom = to - from == 1 || draws.draw(DRAW_RANDOM) >>> 32 < HALF;
      if (isRandom && !others.isEmpty()) {
        random(first, partner(target - first.length(), draws), draws);
        return split;
      }
      next(first, Part.of(pieces, split, to), draws);
      return to;
    }

    /** There is nothing to pair a sentence with but itself; nothing at all if it is one token. */
    private void halve(int[] sentence, Draws draws) {
      if (sentence.length == 1) {
        truncated++;
        return;
      }
      int middle = (sentence.length + 1) / 2;
      next(new Part(sentence, 0, middle), new Part(sentence, middle, sentence.length), draws);
    }

    /** Sentences of another document, up to so many tokens; one at least. */
    private Partner partner(int target, Draws draws) {
      Span span = others.get(Draws.below(others.size(), draws.draw(DRAW_PARTNER)));
      int[][] sentences = sentences(span);
      int starts = chunkMax == 2 ? sentences.length : startsBefore(sentences, target);
      int from = Draws.below(Math.min(starts, sentences.length), draws.draw(DRAW_START));
      int to = from;
      int length = 0;
      do {
        length += sentences[to++].length;
      } while (chunkMax > 2 && to < sentences.length && length < target);
      return new Partner(span, Part.of(sentences, from, to));
    }

    private int[][] sentences(Span excerpt) {
      List<int[]> sentences = new ArrayList<>();
      int start = excerpt.start();
      for (int at = start; at < excerpt.end(); at++) {
        if (excerpts.tokens()[at] == Vocabulary.EOS) {
          sentences.add(Arrays.copyOfRange(excerpts.tokens(), start, at));
          start = at + 1;
        }
      }
      return sentences.toArray(int[][]::new);
    }

    private void next(Part first, Part second, Draws draws) {
      truncated += truncate(first, second, draws);
      int[] tokens = tokens(first, second);
      emit(tokens, List.of(new Span(document, 1, tokens.length, source)), first.length() + 2, true);
    }

    private void random(Part first, Partner partner, Draws draws) {
      int own = first.length();
      truncate(first, partner.part, draws);
      truncated += own - first.length();
      repeated += partner.part.length();
      int[] tokens = tokens(first, partner.part);
      int second = first.length() + 2;
      Span other = new Span(partner.span.document(), second, tokens.length, partner.span.source());
      emit(tokens, List.of(new Span(document, 1, second, source), other), second, false);
    }

    private void emit(int[] tokens, List<Span> spans, int second, boolean next) {
      segments.add(new TokenSegment(sequence++, tokens, spans, second, next));
    }

    /** A token of the longer part at a time, from its front or its back; returns how many. */
    private int truncate(Part first, Part second, Draws draws) {
      int removed = 0;
      for (; first.length() + second.length() > textMax; removed++) {
        Part longer = first.length() > second.length() ? first : second;
        if (draws.draw(DRAW_TRUNCATE + removed) >>> 32 < HALF) {
          longer.start++;
        } else {
          longer.end--;
        }
      }
      return removed;
    }

    private int[] tokens(Part first, Part second) {
      int[] tokens = new int[first.length() + second.length() + 3];
      tokens[0] = Vocabulary.BOS;
      System.arraycopy(first.tokens, first.start, tokens, 1, first.length());
      tokens[first.length() + 1] = Vocabulary.EOS;
      System.arraycopy(second.tokens, second.start, tokens, first.length() + 2, second.length());
      tokens[tokens.length - 1] = Vocabulary.EOS;
      return tokens;
    }
  }
}
