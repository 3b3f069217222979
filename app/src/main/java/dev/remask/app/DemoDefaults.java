package dev.remask.app;

import java.util.Map;

/**
 * What the demo has instead of the defaults: a model so small, and steps so many, that two cores
 * learn context in a minute and a half.
 */
final class DemoDefaults {
  static final Map<String, String> ALL =
      Map.ofEntries(
          Map.entry("segment.length", "64"),
          Map.entry("vocabulary.size", "2048"),
          Map.entry("model.layers", "2"),
          Map.entry("model.hidden", "64"),
          Map.entry("model.heads", "2"),
          Map.entry("model.feedforward", "256"),
          Map.entry("model.initialization", "short-run"),
          Map.entry("model.dropout", "0"),
          Map.entry("batch.size", "64"),
          Map.entry("batch.micro.size", "32"),
          Map.entry("learning.rate", "0.003"),
          Map.entry("warmup.steps", "120"),
          Map.entry("total.steps", "2200"),
          Map.entry("checkpoint.every.steps", "500"),
          Map.entry("evaluate.segments.max", "2000"));

  private DemoDefaults() {}
}
