package dev.remask.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.remask.mlm.Example;
import dev.remask.mlm.Example.Origin;
import dev.remask.mlm.Masked;
import dev.remask.schemas.MaskedExample;
import dev.remask.schemas.SourceSpan;
import dev.remask.schemas.TokenWidth;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepMemoryTest {
  private static final int COUNT = 1_000;
  private static final long GIB = 1L << 30;

  private static Recipe recipe(int batch, int window) {
    return Recipes.of(batch, window, 1, 1);
  }

  /** Bytes that this thread allocates for one, once its classes are loaded. */
  private static double bytes(Supplier<Object> one) {
    assertThat(one.get()).isNotNull();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Object[] kept = new Object[COUNT];
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < COUNT; i++) {
      kept[i] = one.get();
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(kept[COUNT - 1]).isNotNull();
    return allocated / (double) COUNT;
  }

  private static <T> List<T> four(Supplier<T> one) {
    return List.of(one.get(), one.get(), one.get(), one.get());
  }

  /** Neither less than it takes, nor so much more that batches are refused without need. */
  @ParameterizedTest
  @CsvSource({"64, 0.15", "512, 0.15", "512, 1", "8192, 0.15"})
  void anExampleIsCountedAsLargeAsItIs(int length, double selected) {
    int predicted = (int) Math.ceil(length * selected);
    double example =
        bytes(
            () ->
                new Example(
                    1,
                    0,
                    7,
                    new Masked(new int[length], new int[predicted], new int[predicted]),
                    9,
                    true,
                    four(() -> new Origin("a source", 9))));
    double record =
        bytes(
            () ->
                new MaskedExample(
                    1,
                    0,
                    7L,
                    TokenWidth.I32_LE,
                    ByteBuffer.wrap(new byte[4 * length]),
                    ByteBuffer.wrap(new byte[2 * predicted]),
                    ByteBuffer.wrap(new byte[4 * predicted]),
                    -1,
                    null,
                    four(() -> new SourceSpan(new String(new char[24]), 9))));
    long counted = StepMemory.exampleBytes(length, selected);
    assertThat(Math.max(example, record)).isBetween(counted - 768.0, (double) counted);
  }

  @Test
  void aBatchOf8192FitsIntoAHeapOfAGibibyte() {
    assertThatCode(() -> StepMemory.require(recipe(8_192, 4_096), 512, 0.15, GIB))
        .doesNotThrowAnyException();
  }

  @Test
  void aLargerOneIsRefusedWithTheMostThatIsAllowed() {
    assertThatThrownBy(() -> StepMemory.require(recipe(1 << 20, 4_096), 512, 0.15, GIB))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid value 1048576 for configuration batch.size: must be at most 20,848 segments of 512 tokens, so that what is held of them fits in half of the heap of 1,024 MiB; or give it more (REMASK_HEAP=4g)");
    assertThatCode(() -> StepMemory.require(recipe(20_848, 4_096), 512, 0.15, GIB))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> StepMemory.require(recipe(20_849, 4_096), 512, 0.15, GIB))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void whereTheBlocksAloneAreTooLargeTheyAreNamed() {
    assertThatThrownBy(() -> StepMemory.require(recipe(16, 1 << 20), 512, 0.15, GIB))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("1048576 for configuration order.window: must be at most 29,");
  }
}
