package dev.remask.trainer;

import org.apache.kafka.common.config.ConfigException;

/** Bounds of settings. A ConfigException names the key, the value and what is allowed. */
final class Allowed {
  private Allowed() {}

  static void require(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw new ConfigException(key, value, "must be from " + least + " to " + most);
    }
  }

  static void require(String key, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new ConfigException(key, value, "must be from " + least + " to " + most);
    }
  }
}
