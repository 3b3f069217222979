package dev.remask.trainer;

import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigException;

/**
 * The learning rate of each step: linear warm-up to the peak, then a decay to the floor, all of it
 * scaled with the logical batch.
 *
 * @param peak reached at the end of the warm-up by a logical batch of {@code baseBatch}
 * @param warmUpSteps steps of linear growth from zero
 * @param decay what follows
 * @param totalSteps the step at which the decay ends
 * @param power of the polynomial decay
 * @param floorShare share of the peak at which the decay ends and stays, so that later epochs still
 *     learn
 * @param scaling how the peak follows the logical batch
 * @param baseBatch the sequences for which {@code peak} was found
 */
public record LearningRate(
    double peak,
    long warmUpSteps,
    Decay decay,
    long totalSteps,
    double power,
    double floorShare,
    Scaling scaling,
    int baseBatch) {

  /** What is left of the way from the peak to the floor, from the share of the steps left. */
  public enum Decay {
    LINEAR {
      @Override
      double left(double steps, double power) {
        return steps;
      }
    },

    /** Fairseq's polynomial_decay; of power 1 it is linear. */
    POLYNOMIAL {
      @Override
      double left(double steps, double power) {
        return StrictMath.pow(steps, power);
      }
    },

    /** None at all. */
    CONSTANT {
      @Override
      double left(double steps, double power) {
        return 1;
      }
    };

    abstract double left(double steps, double power);
  }

  /** What the peak is multiplied by, from the logical batch as a multiple of the base. */
  public enum Scaling {
    NONE {
      @Override
      double factor(double multiple) {
        return 1;
      }
    },

    /** Goyal et al. 2017, section 2.1: k times the batch, k times the rate. */
    LINEAR {
      @Override
      double factor(double multiple) {
        return multiple;
      }
    },

    /** Krizhevsky 2014, section 5: the variance of the gradient's mean falls with the batch. */
    SQRT {
      @Override
      double factor(double multiple) {
        return StrictMath.sqrt(multiple);
      }
    };

    abstract double factor(double multiple);
  }

  public static final String PEAK = "learning.rate";
  public static final String WARM_UP = "warmup.steps";
  public static final String DECAY = "learning.rate.schedule";
  public static final String TOTAL = "total.steps";
  public static final String POWER = "learning.rate.power";
  public static final String FLOOR = "learning.rate.floor";
  public static final String SCALING = "learning.rate.scaling";
  public static final String BASE_BATCH = "learning.rate.base.batch";

  private static final double POWER_MAX = 100;

  public LearningRate {
    Allowed.require(PEAK, peak, Double.MIN_VALUE, 1);
    Allowed.require(TOTAL, totalSteps, 1, Long.MAX_VALUE);
    Allowed.require(WARM_UP, warmUpSteps, 0, decay == Decay.CONSTANT ? Long.MAX_VALUE : totalSteps);
    Allowed.require(POWER, power, Double.MIN_VALUE, POWER_MAX);
    Allowed.require(FLOOR, floorShare, 0, 1);
    Allowed.require(BASE_BATCH, baseBatch, 1, LogicalBatch.SEQUENCES_MAX);
  }

  /** The decay of most recipes: linear, for whatever batch. */
  public static LearningRate linear(
      double peak, long warmUpSteps, long totalSteps, double floorShare) {
    return new LearningRate(
        peak, warmUpSteps, Decay.LINEAR, totalSteps, 1, floorShare, Scaling.NONE, 1);
  }

  /**
   * Of a step.
   *
   * @param step 1, 2, 3 ...
   * @param batch sequences that it has by plan
   */
  public double at(long step, int batch) {
    if (step < 1) {
      throw new IllegalArgumentException("step " + step + " must be at least 1");
    }
    double scaled = scaledPeak(batch);
    if (step <= warmUpSteps) {
      return scaled * step / warmUpSteps;
    }
    if (decay == Decay.CONSTANT) {
      return scaled;
    }
    double floor = scaled * floorShare;
    double done = (double) (step - warmUpSteps) / (totalSteps - warmUpSteps);
    return (scaled - floor) * decay.left(Math.max(0, 1 - done), power) + floor;
  }

  /** ConfigException if it would be above 1 for this batch. */
  void requireAllowed(int batch) {
    if (scaledPeak(batch) > 1) {
      throw new ConfigException(
          BASE_BATCH,
          baseBatch,
          "must be higher: %s scaling makes the learning rate %s for %s = %d, and at most 1 is allowed"
              .formatted(lower(scaling), scaledPeak(batch), LogicalBatch.SIZE, batch));
    }
  }

  private double scaledPeak(int batch) {
    return peak * scaling.factor((double) batch / baseBatch);
  }

  SortedMap<String, String> settings() {
    SortedMap<String, String> settings = new TreeMap<>();
    settings.put(PEAK, Double.toString(peak));
    settings.put(WARM_UP, Long.toString(warmUpSteps));
    settings.put(DECAY, lower(decay));
    if (decay != Decay.CONSTANT) {
      settings.put(TOTAL, Long.toString(totalSteps));
      settings.put(FLOOR, Double.toString(floorShare));
    }
    if (decay == Decay.POLYNOMIAL) {
      settings.put(POWER, Double.toString(power));
    }
    settings.put(SCALING, lower(scaling));
    if (scaling != Scaling.NONE) {
      settings.put(BASE_BATCH, Integer.toString(baseBatch));
    }
    return settings;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
