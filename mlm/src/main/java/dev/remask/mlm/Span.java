package dev.remask.mlm;

import org.jspecify.annotations.Nullable;

/**
 * Where tokens {@code [start, end)} of a segment come from.
 *
 * @param source as the document says; null if it does not
 */
public record Span(String document, int start, int end, @Nullable String source) {
  public Span(String document, int start, int end) {
    this(document, start, end, null);
  }
}
