package dev.remask.mlm;

import java.util.List;

/** A run of at most T token ids, special tokens included, and the documents it holds. */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box every token
public record TokenSegment(long sequence, int[] tokens, List<Span> spans) {}
