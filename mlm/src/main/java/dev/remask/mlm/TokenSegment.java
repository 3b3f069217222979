package dev.remask.mlm;

import java.util.List;

/** A run of at most T token ids, special tokens included, and the documents it holds. */
public record TokenSegment(long sequence, int[] tokens, List<Span> spans) {}
