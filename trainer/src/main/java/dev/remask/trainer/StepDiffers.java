package dev.remask.trainer;

/** A step of the ledger that gives something else when it is learned again. */
public final class StepDiffers extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final long step;
  private final String what;
  private final String was;
  private final String is;
  private final long near;
  private final long hashes;

  /**
   * @param what differs first
   * @param was in the ledger
   * @param how nothing for bit for bit, else with a space before it
   * @param near of the steps before, compared within a tolerance
   * @param hashes of the steps before, those whose weights had the recorded hash
   */
  StepDiffers(long step, String what, String was, String is, String how, long near, long hashes) {
    super("step %d cannot be redone%s: %s was %s, is %s".formatted(step, how, what, was, is));
    this.step = step;
    this.what = what;
    this.was = was;
    this.is = is;
    this.near = near;
    this.hashes = hashes;
  }

  public long step() {
    return step;
  }

  /** What differs first. */
  public String what() {
    return what;
  }

  /** In the ledger. */
  public String was() {
    return was;
  }

  /** Now. */
  public String is() {
    return is;
  }

  /** Of the steps before, those that were compared within a tolerance. */
  public long near() {
    return near;
  }

  /** Of the steps before, those whose weights had the recorded hash. */
  public long hashes() {
    return hashes;
  }
}
