package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ModelShapeTest {
  /** The products of the model one by one, each as three of {@code m · n · k} terms. */
  private static double counted(ModelShape shape, List<Example> batch) {
    long terms = 0;
    long head = shape.hidden() / shape.heads();
    for (Example example : batch) {
      long n = example.masked().inputs().length;
      for (int layer = 0; layer < shape.layers(); layer++) {
        terms += product(n, 3L * shape.hidden(), shape.hidden()); // query, key, value
        for (int h = 0; h < shape.heads(); h++) {
          terms += product(n, n, head); // scores
          terms += product(n, head, n); // mixed values
        }
        terms += product(n, shape.hidden(), shape.hidden());
        terms += product(n, shape.feedForward(), shape.hidden());
        terms += product(n, shape.hidden(), shape.feedForward());
      }
      long m = example.masked().positions().length;
      terms += product(m, shape.hidden(), shape.hidden());
      terms += product(m, shape.vocabulary(), shape.hidden());
      if (shape.pairs()) {
        terms += product(1, shape.hidden(), shape.hidden());
        terms += product(1, 2, shape.hidden());
      }
    }
    return 2.0 * 3 * terms;
  }

  private static long product(long m, long n, long k) {
    return m * n * k;
  }

  @Property
  void countsTheProductsOfTheModel(
      @ForAll @IntRange(min = 1, max = 4) int layers,
      @ForAll @IntRange(min = 1, max = 4) int heads,
      @ForAll @IntRange(min = 1, max = 9) int width,
      @ForAll @IntRange(min = 1, max = 99) int feedForward,
      @ForAll @IntRange(min = 5, max = 999) int vocabulary,
      @ForAll boolean pairs,
      @ForAll List<@IntRange(min = 1, max = 20) Integer> lengths) {
    ModelShape shape =
        new ModelShape(layers, heads * width, heads, feedForward, vocabulary, 20, pairs);
    List<Example> batch =
        lengths.stream()
            .map(n -> new Example(1, 0, n, new Masked(new int[n], new int[n / 5], new int[n / 5])))
            .toList();
    assertThat(shape.operations(batch)).isEqualTo(counted(shape, batch));
  }
}
