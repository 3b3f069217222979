package dev.remask.topology;

/** The consumer groups of Remask: application ids, and the group whose lag slows the maskers. */
public final class Groups {
  private Groups() {}

  /** The packer of a dataset; two runs of a dataset share it, so nothing is packed twice. */
  public static String packer(String dataset) {
    return "remask-" + dataset + "-pack";
  }

  /** The masker of an epoch; epoch 0 is the live lane. */
  public static String masker(String run, int epoch) {
    return "remask-" + run + "-epoch-" + epoch;
  }

  /** The trainer's group; its offsets serve lag only, never a restart (invariant 9). */
  public static String trainer(String run) {
    return "remask-" + run + "-trainer";
  }
}
