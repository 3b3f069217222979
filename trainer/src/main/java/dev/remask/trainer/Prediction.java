package dev.remask.trainer;

/** A token that a model holds possible at a position. */
public record Prediction(int token, double probability) {}
