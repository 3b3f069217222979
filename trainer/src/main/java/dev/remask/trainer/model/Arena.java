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

  private final List<INDArray> arrays = new ArrayList<>();
  private final long limitBytes;
  private long usedBytes;

  Arena() {
    this(machineBytes() - Runtime.getRuntime().maxMemory());
  }

  /**
   * An allocation beyond the limit is an IllegalArgumentException: a model that does not fit is a
   * wrong configuration, and better refused than killed by the system later.
   */
  Arena(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  private static long machineBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  Floats floats(long length) {
    if (length > Floats.MAX_LENGTH - LINE_FLOATS) {
      throw new IllegalArgumentException(
          "a tensor of " + length + " floats; at most " + (Floats.MAX_LENGTH - LINE_FLOATS));
    }
    usedBytes += length * Float.BYTES + LINE_BYTES;
    if (usedBytes > limitBytes) {
      throw new IllegalArgumentException(
          "the model and its micro-batches need more than %,d MiB outside the heap, which is what this machine has beside a heap of %,d MiB; allowed: a smaller model or micro-batch"
              .formatted(limitBytes >> 20, Runtime.getRuntime().maxMemory() >> 20));
    }
    INDArray array = Nd4j.create(DataType.FLOAT, length + LINE_FLOATS);
    arrays.add(array);
    FloatPointer start = new FloatPointer(array.data().addressPointer());
    long past = start.address() % LINE_BYTES;
    long skip = past == 0 ? 0 : (LINE_BYTES - past) / Float.BYTES;
    return new Floats(start.getPointer(skip), (int) length, array);
  }

  @Override
  public void close() {
    arrays.forEach(INDArray::close);
    arrays.clear();
  }
}
