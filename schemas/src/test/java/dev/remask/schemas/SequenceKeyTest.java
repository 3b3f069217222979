package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class SequenceKeyTest {
  @Property
  void everyKeyComesBack(@ForAll int partition, @ForAll long sequence) {
    SequenceKey key = new SequenceKey(partition, sequence);
    assertThat(SequenceKey.decode(key.encode())).isEqualTo(key);
  }

  @Property
  void bytesSortLikeNumbers(
      @ForAll @IntRange(min = 0) int partition,
      @ForAll @LongRange(min = 0) long sequence,
      @ForAll @IntRange(min = 0) int otherPartition,
      @ForAll @LongRange(min = 0) long otherSequence) {
    SequenceKey key = new SequenceKey(partition, sequence);
    SequenceKey other = new SequenceKey(otherPartition, otherSequence);
    Comparator<SequenceKey> byNumber =
        Comparator.comparingInt(SequenceKey::partition).thenComparingLong(SequenceKey::sequence);
    assertThat(Integer.signum(Arrays.compareUnsigned(key.encode(), other.encode())))
        .isEqualTo(Integer.signum(byNumber.compare(key, other)));
  }

  @Test
  void layoutIsFixed() {
    assertThat(new SequenceKey(1, 0x0203).encode())
        .containsExactly(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 3);
  }

  @Test
  void otherLengthsAreRefused() {
    for (int length : new int[] {0, 11, 13}) {
      assertThatThrownBy(() -> SequenceKey.decode(new byte[length]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not " + length);
    }
  }
}
