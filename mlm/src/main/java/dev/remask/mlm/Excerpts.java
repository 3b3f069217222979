package dev.remask.mlm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What second parts from another document are taken from: sentences of the latest documents, oldest
 * first, each sentence with its {@code </s>}. At most {@value #COUNT_MAX} excerpts of at most
 * {@value #BYTES_MAX} bytes, counted as 4 bytes a token and as UTF-8 for document and source
 * (invariant 10).
 *
 * @param spans one for each excerpt, in {@code tokens}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box every token
public record Excerpts(int[] tokens, List<Span> spans) {
  public static final Excerpts NONE = new Excerpts(new int[0], List.of());

  static final int COUNT_MAX = 32;
  static final int BYTES_MAX = 1 << 16;

  /** Tokens of one excerpt with its {@code </s>}: a quarter of all bytes. */
  static final int TOKENS_MAX = BYTES_MAX / Integer.BYTES / 4;

  /** These and then those, without the oldest ones for which there is no room. */
  Excerpts and(Excerpts newer) {
    List<Span> all = new ArrayList<>(spans);
    newer.spans.forEach(span -> all.add(shifted(span, tokens.length)));
    int first = all.size();
    for (int bytes = 0; first > 0 && all.size() - first < COUNT_MAX; first--) {
      bytes += bytes(all.get(first - 1));
      if (bytes > BYTES_MAX) {
        break;
      }
    }
    List<Span> kept = all.subList(first, all.size());
    int from = kept.isEmpty() ? tokens.length + newer.tokens.length : kept.get(0).start();
    int[] joined = new int[tokens.length + newer.tokens.length - from];
    int old = Math.max(0, tokens.length - from);
    System.arraycopy(tokens, tokens.length - old, joined, 0, old);
    int skipped = newer.tokens.length - (joined.length - old);
    System.arraycopy(newer.tokens, skipped, joined, old, joined.length - old);
    return new Excerpts(joined, kept.stream().map(span -> shifted(span, -from)).toList());
  }

  /** Those of other documents. */
  Excerpts without(String document) {
    if (spans.stream().noneMatch(span -> span.document().equals(document))) {
      return this;
    }
    Excerpts others = NONE;
    for (Span span : spans) {
      if (!span.document().equals(document)) {
        int[] excerpt = Arrays.copyOfRange(tokens, span.start(), span.end());
        others = others.and(new Excerpts(excerpt, List.of(shifted(span, -span.start()))));
      }
    }
    return others;
  }

  private static Span shifted(Span span, int by) {
    return new Span(span.document(), span.start() + by, span.end() + by, span.source());
  }

  private static int bytes(Span span) {
    String source = span.source();
    return Integer.BYTES * (span.end() - span.start())
        + span.document().getBytes(StandardCharsets.UTF_8).length
        + (source == null ? 0 : source.getBytes(StandardCharsets.UTF_8).length);
  }
}
