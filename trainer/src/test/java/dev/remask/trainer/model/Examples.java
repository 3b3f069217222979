package dev.remask.trainer.model;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random examples. */
final class Examples {
  private Examples() {}

  /** The same with two parts: from the first token on the second may begin anywhere. */
  static List<Example> randomPairs(int count, int longest, int vocabulary, long seed) {
    Random random = new Random(~seed);
    return random(count, longest, vocabulary, seed).stream()
        .filter(example -> example.masked().inputs().length > 1)
        .map(
            example ->
                new Example(
                    example.epoch(),
                    example.partition(),
                    example.sequence(),
                    example.masked(),
                    1 + random.nextInt(example.masked().inputs().length - 1),
                    random.nextBoolean()))
        .toList();
  }

  /** Of mixed lengths from 1 to {@code longest}, about a third of the tokens to predict. */
  static List<Example> random(int count, int longest, int vocabulary, long seed) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(
            s -> {
              int length = s == 0 ? longest : 1 + random.nextInt(longest);
              int[] inputs = random.ints(length, 0, vocabulary).toArray();
              int[] positions =
                  IntStream.range(0, length).filter(i -> random.nextInt(3) == 0).toArray();
              int[] labels = random.ints(positions.length, 0, vocabulary).toArray();
              for (int position : positions) {
                inputs[position] = random.nextInt(5) > 0 ? vocabulary - 1 : inputs[position];
              }
              return new Example(1, s % 3, s, new Masked(inputs, positions, labels));
            })
        .toList();
  }
}
