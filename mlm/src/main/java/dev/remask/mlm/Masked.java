package dev.remask.mlm;

/**
 * A segment after masking: input ids {@code [T]}, ascending positions {@code [M]}, the original ids
 * there {@code [M]}.
 */
public record Masked(int[] inputs, int[] positions, int[] labels) {}
