package dev.remask.trainer;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The constants of AdamW.
 *
 * @param beta1 decay of the first moment, per step
 * @param beta2 decay of the second moment, per step
 * @param epsilon beside the root of the second moment
 * @param weightDecay per unit of learning rate
 * @param clipNorm gradient norm above which a gradient is scaled down; 0 switches clipping off
 */
public record Optimizer(
    double beta1, double beta2, double epsilon, double weightDecay, double clipNorm) {
  public static final String BETA1 = "adam.beta1";
  public static final String BETA2 = "adam.beta2";
  public static final String EPSILON = "adam.epsilon";
  public static final String WEIGHT_DECAY = "weight.decay";
  public static final String CLIP = "clip.norm";

  private static final double BELOW_1 = Math.nextDown(1.0);

  public Optimizer {
    Allowed.require(BETA1, beta1, 0, BELOW_1);
    Allowed.require(BETA2, beta2, 0, BELOW_1);
    Allowed.require(EPSILON, epsilon, Double.MIN_VALUE, BELOW_1);
    Allowed.require(WEIGHT_DECAY, weightDecay, 0, BELOW_1);
    Allowed.require(CLIP, clipNorm, 0, Double.MAX_VALUE);
  }

  SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put(BETA1, Double.toString(beta1));
    settings.put(BETA2, Double.toString(beta2));
    settings.put(EPSILON, Double.toString(epsilon));
    settings.put(WEIGHT_DECAY, Double.toString(weightDecay));
    settings.put(CLIP, Double.toString(clipNorm));
    return settings;
  }
}
