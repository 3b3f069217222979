package dev.remask.mlm;

/**
 * A segment after masking: input ids {@code [T]}, ascending positions {@code [M]}, the original ids
 * there {@code [M]}.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; a list would box every token
public record Masked(int[] inputs, int[] positions, int[] labels) {}
