package dev.remask.bench;

import org.jspecify.annotations.Nullable;

/**
 * What one measure came to.
 *
 * @param value median of the runs
 * @param peer what it was compared with in the same run, if anything
 * @param ratio median over the pairs of how much better ours is than the peer: above 1 is better;
 *     null without a peer
 * @param spread of our runs: (largest - smallest) / median
 */
record Row(
    String name,
    double value,
    String unit,
    @Nullable String peer,
    @Nullable Double ratio,
    int runs,
    double spread) {}
