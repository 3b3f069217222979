package dev.remask.trainer;

/**
 * What one optimizer step saw.
 *
 * @param loss mean over the predicted tokens, in nats
 * @param gradientNorm of the mean gradient, before clipping
 * @param maskedTokens predicted tokens
 * @param realTokens tokens that are not padding
 */
public record StepResult(double loss, double gradientNorm, long maskedTokens, long realTokens) {}
