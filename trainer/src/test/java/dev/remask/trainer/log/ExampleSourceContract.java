package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.schemas.MaskingPolicy;
import dev.remask.trainer.ExampleSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every source must do (invariant 2): the same bytes, whatever they come from. */
@Timeout(20)
abstract class ExampleSourceContract {
  final RunLogs logs = RunLogs.ofPairs(1, 40, 25, 0);

  /**
   * @param ahead how many records may wait in memory
   */
  abstract ExampleSource source(int ahead);

  @BeforeEach
  void plan() {
    logs.plan(0, List.of());
    logs.plan(1, List.of(30L, 25L, 0L));
    logs.plan(3, List.of(40L, 25L, 0L));
  }

  private void maskAll() {
    logs.plans.keySet().forEach(logs::maskAll);
  }

  private static void requireSame(List<Example> actual, List<Example> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    assertThat(Example.sha256(actual)).isEqualTo(Example.sha256(expected));
  }

  /** Partitions in any interleaving, epochs one after another, pieces of any size. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 1_000})
  void givesWhatTheMaskFunctionGives(int ahead) throws Exception {
    maskAll();
    ExampleSource source = source(ahead);
    Random random = new Random(ahead);
    for (int epoch : new int[] {0, 1, 3}) {
      long[] ends = epoch == 1 ? new long[] {30, 25} : new long[] {40, 25};
      long[] next = new long[2];
      List<List<Example>> read = List.of(new ArrayList<>(), new ArrayList<>());
      while (next[0] < ends[0] || next[1] < ends[1]) {
        int p = random.nextInt(2);
        long end = Math.min(ends[p], next[p] + random.nextInt(9));
        read.get(p).addAll(source.read(epoch, p, next[p], end));
        next[p] = end;
      }
      requireSame(read.get(0), logs.expected(epoch, 0, 0, ends[0]));
      requireSame(read.get(1), logs.expected(epoch, 1, 0, ends[1]));
    }
  }

  @Test
  void beginsAnywhere() throws Exception {
    maskAll();
    ExampleSource source = source(5);
    requireSame(source.read(1, 0, 17, 21), logs.expected(1, 0, 17, 21));
    requireSame(source.read(1, 1, 24, 25), logs.expected(1, 1, 24, 25));
    requireSame(source.read(1, 0, 21, 30), logs.expected(1, 0, 21, 30));
    requireSame(source.read(3, 0, 0, 40), logs.expected(3, 0, 0, 40));
  }

  @Test
  void masksAreFreshInEveryEpoch() throws Exception {
    maskAll();
    ExampleSource source = source(100);
    assertThat(sameMasks(source.read(1, 0, 0, 30), source.read(3, 0, 0, 30)))
        .as("a few short segments may be masked alike by chance")
        .isLessThan(5);
  }

  /** The same comparison where every epoch has the one copy that there is. */
  @Test
  void staticMasksAreTheSameInEveryEpoch() throws Exception {
    logs.staticMasks();
    maskAll();
    ExampleSource source = source(100);
    assertThat(sameMasks(source.read(1, 0, 0, 30), source.read(3, 0, 0, 30))).isEqualTo(30);
  }

  @Test
  void wholeWordsAreMaskedWhole() throws Exception {
    logs.policy(MaskingPolicy.newBuilder().setWholeWord(true).build());
    maskAll();
    List<Example> examples = source(100).read(1, 0, 0, 30);
    requireSame(examples, logs.expected(1, 0, 0, 30));
    assertThat(examples.stream().mapToInt(ExampleSourceContract::tornWords).sum()).isZero();
    logs.policy(MaskingPolicy.newBuilder().build());
    List<Example> tokens = logs.expected(1, 0, 0, 30);
    assertThat(tokens.stream().mapToInt(ExampleSourceContract::tornWords).sum())
        .as("words of which single tokens are selected otherwise")
        .isGreaterThan(30);
  }

  /** Tokens selected or not unlike the one before, though no word begins between them. */
  private static int tornWords(Example example) {
    Masked masked = example.masked();
    int[] tokens = masked.inputs().clone();
    boolean[] selected = new boolean[tokens.length];
    for (int m = 0; m < masked.positions().length; m++) {
      tokens[masked.positions()[m]] = masked.labels()[m];
      selected[masked.positions()[m]] = true;
    }
    return (int)
        IntStream.range(2, tokens.length)
            .filter(i -> tokens[i] % 3 != 0 && selected[i] != selected[i - 1])
            .count();
  }

  /** How many segments have the same inputs, positions and labels in both. */
  private static long sameMasks(List<Example> some, List<Example> others) {
    return IntStream.range(0, some.size())
        .filter(
            i -> {
              Masked one = some.get(i).masked();
              Masked other = others.get(i).masked();
              return Arrays.equals(one.inputs(), other.inputs())
                  && Arrays.equals(one.positions(), other.positions())
                  && Arrays.equals(one.labels(), other.labels());
            })
        .count();
  }

  @Test
  void nothingIsNothing() throws Exception {
    maskAll();
    assertThat(source(5).read(1, 0, 4, 4)).isEmpty();
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    ExampleSource source = source(5);
    AtomicReference<Throwable> end = new AtomicReference<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread reader =
        new Thread(
            () -> {
              begun.countDown();
              try {
                source.read(1, 2, 0, 1); // a partition without text
              } catch (InterruptedException | RuntimeException e) {
                end.set(e);
              }
            });
    reader.start();
    begun.await();
    reader.interrupt();
    reader.join();
    assertThat(end.get()).isInstanceOf(InterruptedException.class);
  }
}
