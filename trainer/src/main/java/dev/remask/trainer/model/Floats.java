package dev.remask.trainer.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A stretch of floats outside the heap, as BLAS and the kernels see it; valid until its {@link
 * Arena} is closed. Elements can be read and written by any thread, but {@link #at} belongs to one:
 * each thread takes slices of its own for BLAS. Nor can one object be two operands of one call of
 * {@link Blas}; two slices of the same memory can.
 */
final class Floats {
  /** What one buffer can address. */
  static final int MAX_LENGTH = Integer.MAX_VALUE / Float.BYTES;

  final ByteBuffer bytes;
  final int length;
  private final FloatPointer pointer;
  private final Object owner; // held, so that the memory is not collected while this is in use

  /** {@code start} points at the first float; the memory lives as long as {@code owner}. */
  Floats(FloatPointer start, int length, Object owner) {
    this.owner = owner;
    this.pointer = new FloatPointer(start).capacity(length);
    this.bytes = pointer.asByteBuffer().order(ByteOrder.nativeOrder());
    this.length = length;
  }

  float get(int index) {
    return bytes.getFloat(index << 2);
  }

  void set(int index, float value) {
    bytes.putFloat(index << 2, value);
  }

  void increase(int index, float by) {
    set(index, get(index) + by);
  }

  /** The address of an element for one call of BLAS; valid until the next call of this method. */
  FloatPointer at(int index) {
    return pointer.position(index);
  }

  Floats slice(int from, int count) {
    if (from < 0 || count < 0 || from > length - count) {
      throw new IndexOutOfBoundsException(from + " + " + count + " of " + length);
    }
    return new Floats(pointer.position(0).getPointer(from), count, owner);
  }

  void clear() {
    clear(0, length);
  }

  void clear(int from, int count) {
    bytes(from, count);
    Pointer.memset(at(from), 0, (long) count * Float.BYTES);
  }

  void copy(int to, Floats source, int from, int count) {
    bytes.put(to << 2, source.bytes, from << 2, count << 2);
  }

  /** Writes {@code row} {@code rows} times, one after another, from that of an index on. */
  void fillRows(int first, Floats row, int rows) {
    int from = first * row.length;
    int count = rows * row.length;
    if (count == 0) {
      return;
    }
    copy(from, row, 0, row.length);
    for (int done = row.length; done < count; done *= 2) {
      copy(from + done, this, from, Math.min(done, count - done));
    }
  }

  void put(float[] values) {
    bytes.asFloatBuffer().put(values);
  }

  float[] toArray() {
    float[] values = new float[length];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  /** The bytes of some elements, as a buffer with its own position and limit. */
  ByteBuffer bytes(int from, int count) {
    return bytes.slice(from << 2, count << 2).order(ByteOrder.nativeOrder());
  }
}
