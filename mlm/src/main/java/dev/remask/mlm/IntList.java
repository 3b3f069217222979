package dev.remask.mlm;

import java.util.Arrays;

/** A growing array of ints. */
final class IntList {
  private int[] elements;
  private int size;

  IntList(int capacity) {
    elements = new int[capacity];
  }

  void add(int element) {
    if (size == elements.length) {
      elements = Arrays.copyOf(elements, Math.max(4, 2 * size));
    }
    elements[size++] = element;
  }

  void addAll(int[] added) {
    if (size + added.length > elements.length) {
      elements = Arrays.copyOf(elements, Math.max(size + added.length, 2 * size));
    }
    System.arraycopy(added, 0, elements, size, added.length);
    size += added.length;
  }

  int get(int index) {
    return elements[index];
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return Arrays.copyOf(elements, size);
  }
}
