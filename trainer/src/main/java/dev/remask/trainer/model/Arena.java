package dev.remask.trainer.model;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Memory outside the heap, held by ND4J, handed out in zeroed pieces that start at a cache line and
 * given back all at once.
 */
final class Arena implements AutoCloseable {
  private static final int LINE_FLOATS = 16;
  private static final int LINE_BYTES = LINE_FLOATS * Float.BYTES;

  static {
    Blas.start(); // before anything else touches ND4J
  }

  private final List<INDArray> arrays = new ArrayList<>();
  private long used;

  /** Bytes that this machine has beside the heap's maximum. */
  static long availableBytes() {
    OperatingSystemMXBean machine =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return machine.getTotalMemorySize() - Runtime.getRuntime().maxMemory();
  }

  Floats floats(long length) {
    if (length > Floats.MAX_LENGTH - LINE_FLOATS) {
      throw new IllegalArgumentException(
          "a tensor of %d floats; allowed: %d, so a smaller model or micro-batch"
              .formatted(length, Floats.MAX_LENGTH - LINE_FLOATS));
    }
    used += length;
    INDArray array = Nd4j.createUninitialized(DataType.FLOAT, length + LINE_FLOATS);
    arrays.add(array);
    FloatPointer start = new FloatPointer(array.data().addressPointer());
    HugePages.advise(start.address(), (length + LINE_FLOATS) * Float.BYTES);
    long past = start.address() % LINE_BYTES;
    long skip = past == 0 ? 0 : (LINE_BYTES - past) / Float.BYTES;
    Floats floats = new Floats(start.getPointer(skip), (int) length, array);
    floats.clear();
    return floats;
  }

  /** Floats handed out so far. */
  long used() {
    return used;
  }

  @Override
  public void close() {
    arrays.forEach(INDArray::close);
    arrays.clear();
  }
}
