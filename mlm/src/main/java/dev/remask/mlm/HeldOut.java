package dev.remask.mlm;

/** The split between training and held-out text: a hash of the document id. */
public final class HeldOut {
  private HeldOut() {}

  public static boolean contains(String document, int permille) {
    throw new UnsupportedOperationException();
  }
}
