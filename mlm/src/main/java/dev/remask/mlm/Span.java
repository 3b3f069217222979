package dev.remask.mlm;

/** Where tokens {@code [start, end)} of a segment come from. */
public record Span(String document, int start, int end) {}
