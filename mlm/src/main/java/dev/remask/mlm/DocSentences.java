package dev.remask.mlm;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** {@link Packer#docSentences}: full sentences, with a flush behind every document. */
record DocSentences(FullSentences sentences) implements Packer {
  @Override
  public Packing pack(Carry carry, String document, @Nullable String source, List<int[]> text) {
    if (carry.tokens().length > 0) {
      throw new IllegalStateException(
          "carry of %s tokens, but no document continues the last one"
              .formatted(carry.tokens().length));
    }
    Packing packing = sentences.pack(carry, document, source, text);
    Packing last = sentences.flush(packing.carry());
    List<TokenSegment> segments =
        Stream.concat(packing.segments().stream(), last.segments().stream()).toList();
    return new Packing(segments, last.carry());
  }

  @Override
  public Packing flush(Carry carry) {
    return sentences.flush(carry);
  }
}
