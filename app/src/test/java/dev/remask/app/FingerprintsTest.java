package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class FingerprintsTest {
  @Property
  void itIsAMap(@ForAll @Size(max = 3_000) List<@LongRange(min = -2_000, max = 2_000) Long> keys) {
    Fingerprints fingerprints = new Fingerprints(1 << 20);
    Map<Long, Long> reference = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      long key = keys.get(i) == 0 ? 1 : keys.get(i);
      long value = i % 5;
      assertThat(fingerprints.put(key, value)).isTrue();
      reference.put(key, value);
    }
    reference.forEach((key, value) -> assertThat(fingerprints.get(key)).isEqualTo(value));
    assertThat(fingerprints.get(5_000)).isZero();
    assertThat(fingerprints.size()).isEqualTo(reference.size());
  }

  @Test
  void itIsBounded() {
    Fingerprints fingerprints = new Fingerprints(1_000);
    long key = 1;
    while (fingerprints.put(key, key)) {
      key++;
    }
    assertThat(fingerprints.size()).isBetween(511, 1_600);
    assertThat(fingerprints.put(1, 7)).as("what is known may change").isTrue();
    assertThat(fingerprints.get(1)).isEqualTo(7);
  }
}
