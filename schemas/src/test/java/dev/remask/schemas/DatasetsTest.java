package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class DatasetsTest {
  private static Dataset dataset(String name, int segmentLength) {
    return Dataset.newBuilder()
        .setName(name)
        .setTokenizer(ByteBuffer.allocate(0))
        .setTokenizerSha256("")
        .setVocabularySize(300)
        .setInputFormat(InputFormat.FULL_SENTENCES)
        .setSegmentLength(segmentLength)
        .setPartitions(1)
        .setHeldOutPermille(0)
        .setDocumentsTopic("documents")
        .setDocumentCharsMax(100)
        .setDuplicateWindow(0)
        .setDeclaredAt(Instant.EPOCH)
        .build();
  }

  private static byte[] key(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  /** Even numbers declare a name, odd ones delete it. */
  @Property
  void theFirstDeclarationOfALifeWins(
      @ForAll @Size(max = 40) List<@IntRange(max = 5) Integer> steps) {
    SortedMap<String, Dataset> declared = new TreeMap<>();
    Map<String, Integer> expected = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      String name = "d" + steps.get(i) / 2;
      if (steps.get(i) % 2 == 0) {
        Datasets.declare(declared, key(name), dataset(name, i));
        expected.putIfAbsent(name, i);
      } else {
        Datasets.declare(declared, key(name), null);
        expected.remove(name);
      }
    }
    Map<String, Integer> lengths = new HashMap<>();
    declared.forEach((name, dataset) -> lengths.put(name, dataset.getSegmentLength()));
    assertThat(lengths).isEqualTo(expected);
  }

  @Test
  void whatNobodyWritesStopsTheReader() {
    SortedMap<String, Dataset> declared = new TreeMap<>();
    assertThatThrownBy(() -> Datasets.declare(declared, null, dataset("a", 1)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> Datasets.declare(declared, key("b"), dataset("a", 1)))
        .isInstanceOf(IllegalStateException.class);
  }
}
