package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.remask.schemas.SequenceKey;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SequencesTest {
  private static final int EACH = 5;

  private static void read(List<SequenceKey> log) {
    Sequences sequences = new Sequences(2);
    log.forEach(key -> sequences.add(key.partition(), key));
    sequences.requireEach(EACH);
  }

  private static List<SequenceKey> whole() {
    List<SequenceKey> log = new ArrayList<>();
    for (int sequence = 0; sequence < EACH; sequence++) {
      log.add(new SequenceKey(0, sequence));
      log.add(new SequenceKey(1, sequence));
    }
    return log;
  }

  @Test
  void aWholeLogPasses() {
    read(whole());
  }

  @Property
  void aMissingOrRepeatedRecordDoesNot(@ForAll @IntRange(max = 2 * EACH - 1) int at) {
    List<SequenceKey> missing = whole();
    SequenceKey key = missing.remove(at);
    List<SequenceKey> repeated = whole();
    repeated.add(at, key);
    assertThatThrownBy(() -> read(missing)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> read(repeated)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aRecordOfAnotherPartitionDoesNot() {
    assertThatThrownBy(() -> new Sequences(2).add(1, new SequenceKey(0, 0)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("instead of");
  }
}
