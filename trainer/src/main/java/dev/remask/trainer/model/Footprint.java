package dev.remask.trainer.model;

import dev.remask.trainer.ModelShape;

/** What a model takes of memory outside the heap. */
record Footprint(Layout layout, ModelShape shape, Settings settings) {
  /** Parameters, both moments, and each worker's gradient and activations. */
  long floats() {
    return layout.length * (3L + settings.workers())
        + settings.workers() * Worker.floats(shape, settings.microBatch());
  }

  /** What loading takes meanwhile: three vectors, and the second copy of a tied tensor. */
  long floatsAside() {
    return 3L * layout.length + layout.tensor(Layout.WORDS).length();
  }

  /**
   * A model that does not fit is refused now, rather than killed by the system later.
   *
   * @throws IllegalArgumentException with the numbers
   */
  void require(long availableBytes) {
    long needed = (floats() + floatsAside()) * Float.BYTES;
    if (needed > availableBytes) {
      throw new IllegalArgumentException(
          "the model needs %,d MiB outside the heap; allowed: %,d, so a smaller model, micro-batch, number of workers or heap"
              .formatted(needed >> 20, availableBytes >> 20));
    }
  }
}
