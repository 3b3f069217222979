package dev.remask.trainer;

/**
 * When the loop has done what it was asked for: when all replays up to and with {@code epoch} are
 * learned, or after {@code step}, whichever comes first.
 */
public record Until(int epoch, long step) {
  public static final Until STOPPED = new Until(Integer.MAX_VALUE, Long.MAX_VALUE);

  public static Until epoch(int epoch) {
    return new Until(epoch, Long.MAX_VALUE);
  }

  public static Until step(long step) {
    return new Until(Integer.MAX_VALUE, step);
  }
}
