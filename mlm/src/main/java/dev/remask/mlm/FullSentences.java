package dev.remask.mlm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link Packer#fullSentences}. */
record FullSentences(int segmentLength) implements Packer {
  FullSentences {
    if (segmentLength < 3 || segmentLength > 1 << 16) {
      throw new IllegalArgumentException(
          "segment length " + segmentLength + "; allowed are 3 to 65536");
    }
  }

  @Override
  public Packing pack(
      Carry carry, String document, @Nullable String source, List<int[]> sentences) {
    Filling filling = new Filling(carry);
    filling.startDocument(document, source);
    for (int[] sentence : sentences) {
      int most = segmentLength - 2;
      for (int start = 0; start < sentence.length; start += most) {
        filling.add(sentence, start, Math.min(start + most, sentence.length));
      }
    }
    return filling.end();
  }

  @Override
  public Packing flush(Carry carry) {
    Filling filling = new Filling(carry);
    if (!filling.isEmpty()) {
      filling.endSegment();
    }
    return filling.end();
  }

  /** The segment being filled, and those that are full. */
  private final class Filling {
    private final int[] tokens = new int[segmentLength];
    private final List<TokenSegment> full = new ArrayList<>();
    private final List<Span> spans;
    private int length;
    private long sequence;
    private String document = "";
    private @Nullable String source;
    private int documentStart; // of its part in this segment; no part yet if 0

    Filling(Carry carry) {
      length = carry.tokens().length;
      if (length > segmentLength) {
        throw new IllegalStateException(
            "carry of " + length + " tokens in segments of " + segmentLength);
      }
      System.arraycopy(carry.tokens(), 0, tokens, 0, length);
      spans = new ArrayList<>(carry.spans());
      sequence = carry.nextSequence();
    }

    boolean isEmpty() {
      return length == 0;
    }

    void startDocument(String id, @Nullable String from) {
      document = id;
      source = from;
      documentStart = 0;
    }

    void add(int[] sentence, int start, int end) {
      int separator = !isEmpty() && documentStart == 0 ? 1 : 0;
      if (length + separator + (end - start) + 1 > segmentLength) {
        endSegment();
        separator = 0;
      }
      if (isEmpty()) {
        tokens[length++] = Vocabulary.BOS;
      } else if (separator > 0) {
        tokens[length++] = Vocabulary.EOS;
      }
      if (documentStart == 0) {
        documentStart = length;
      }
      System.arraycopy(sentence, start, tokens, length, end - start);
      length += end - start;
      tokens[length++] = Vocabulary.EOS;
    }

    private void endDocumentPart() {
      if (documentStart > 0) {
        spans.add(new Span(document, documentStart, length, source));
        documentStart = 0;
      }
    }

    void endSegment() {
      endDocumentPart();
      full.add(new TokenSegment(sequence++, Arrays.copyOf(tokens, length), List.copyOf(spans)));
      spans.clear();
      length = 0;
    }

    Packing end() {
      endDocumentPart();
      Carry carry = new Carry(sequence, Arrays.copyOf(tokens, length), List.copyOf(spans));
      return new Packing(List.copyOf(full), carry);
    }
  }
}
