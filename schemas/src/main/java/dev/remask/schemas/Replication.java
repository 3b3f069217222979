package dev.remask.schemas;

import org.apache.kafka.common.config.ConfigException;

/**
 * Of every topic that is created.
 *
 * @param factor copies
 * @param minInsync copies that must have a record before it counts as written
 */
public record Replication(short factor, int minInsync) {
  /** On a single broker. */
  public static final Replication ONE = new Replication((short) 1, 1);

  private static final int SANE_MAX = 3;

  public Replication {
    if (minInsync > factor) {
      throw new ConfigException(
          "min.insync.replicas", minInsync, "must be at most replication.factor, " + factor);
    }
  }

  /**
   * What a cluster allows: three copies of which two must have a record, as far as there are
   * brokers; so one broker may be away, where there are three.
   *
   * @param factor 0 for the default
   * @param minInsync 0 for the default
   * @throws ConfigException if there are fewer brokers than copies
   */
  public static Replication of(int factor, int minInsync, int brokers) {
    if (factor > brokers) {
      throw new ConfigException(
          "replication.factor", factor, "must be at most the number of brokers, " + brokers);
    }
    int copies = factor == 0 ? Math.min(brokers, SANE_MAX) : factor;
    return new Replication((short) copies, minInsync == 0 ? Math.max(1, copies - 1) : minInsync);
  }
}
