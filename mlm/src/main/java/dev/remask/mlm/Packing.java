package dev.remask.mlm;

import java.util.List;

/** The segments that a document filled, and what is left. */
public record Packing(List<TokenSegment> segments, Carry carry) {}
