package dev.remask.trainer.log;

import dev.remask.trainer.StepDiffers;
import java.util.Optional;

/**
 * What learning a part of the ledger again has shown.
 *
 * @param first step that was learned again
 * @param same steps from there on that gave the same
 * @param near of these, compared within a tolerance, as they were computed with other numerics
 * @param hashes of these, those whose weights have the hash that the ledger has of them
 * @param difference the first step that gave something else
 */
public record Verification(
    long first, long same, long near, long hashes, Optional<StepDiffers> difference) {}
