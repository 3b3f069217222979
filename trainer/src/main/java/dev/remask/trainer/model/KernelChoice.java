package dev.remask.trainer.model;

import java.lang.reflect.Constructor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the kernels once: the vector ones exist only where Java has the module they need. */
final class KernelChoice {
  private static final Logger LOG = LoggerFactory.getLogger(KernelChoice.class);
  private static final String VECTOR = "dev.remask.trainer.model.VectorKernels";

  static final Kernels FASTEST = choose();

  private KernelChoice() {}

  private static Kernels choose() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return scalar("start Java with --add-modules jdk.incubator.vector");
    }
    try {
      Constructor<?> constructor = Class.forName(VECTOR).getDeclaredConstructor();
      Kernels kernels = (Kernels) constructor.newInstance();
      try (Arena arena = new Arena()) {
        Floats x = arena.floats(Kernels.ROW_MULTIPLE);
        kernels.add(x, 0, arena.floats(x.length), 0, x.length); // links the loads and stores
      }
      return kernels;
    } catch (ReflectiveOperationException | LinkageError e) {
      return scalar("this Java's Vector API is not that of Java 17: " + e);
    }
  }

  private static Kernels scalar(String reason) {
    LOG.warn("Scalar kernels, several times slower than the vector ones: {}", reason);
    return new ScalarKernels();
  }
}
