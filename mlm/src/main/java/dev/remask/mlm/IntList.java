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
    addAll(added, 0, added.length);
  }

  void addAll(int[] from, int start, int end) {
    if (size + end - start > elements.length) {
      elements = Arrays.copyOf(elements, Math.max(size + end - start, 2 * size));
    }
    // Most often it is one: no call.
    for (int i = start; i < end; i++) {
      elements[size++] = from[i];
    }
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
