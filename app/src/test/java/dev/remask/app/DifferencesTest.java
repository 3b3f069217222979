package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.schemas.SequenceKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Proves that each single loss, repetition, exchange and change is found, and by its name. */
class DifferencesTest {
  private static final int RECORDS = 5;

  /** Two partitions of two epochs. */
  private static StreamRows log() {
    return new StreamRows(IntStream.range(0, 2).mapToObj(DifferencesTest::partition).toList());
  }

  private static List<String> partition(int partition) {
    List<String> rows = new ArrayList<>();
    for (int epoch = 1; epoch <= 2; epoch++) {
      for (int sequence = 0; sequence < RECORDS; sequence++) {
        rows.add(row(epoch, partition, sequence, 4 + sequence));
      }
    }
    return rows;
  }

  private static String row(int epoch, int partition, int sequence, int token) {
    return StreamRows.row(
        epoch,
        new SequenceKey(partition, sequence),
        sequence,
        partition,
        StreamRows.masks(new int[] {0, token, 2}, new int[] {1}, new int[] {7}));
  }

  private static Differences after(Consumer<List<String>> mistake) {
    List<List<String>> partitions = new ArrayList<>(log().partitions());
    mistake.accept(partitions.get(1));
    StreamRows wrong = new StreamRows(partitions);
    assertThat(wrong.difference(log())).isPresent();
    return Differences.between(wrong, log());
  }

  @Test
  void aLogThatIsRightHasNone() {
    assertThat(log().difference(log())).isEmpty();
    assertThat(Differences.between(log(), log())).isEqualTo(Differences.NONE);
  }

  @Test
  void everyMistakeAtEveryPlaceIsFound() {
    for (int place = 0; place < 2 * RECORDS; place++) {
      int at = place;
      assertThat(after(rows -> rows.remove(at))).isEqualTo(new Differences(1, 0, 0, 0));
      assertThat(after(rows -> rows.add(at, rows.get(at)))).isEqualTo(new Differences(0, 1, 0, 0));
      assertThat(after(rows -> rows.add(rows.get(at)))).isEqualTo(new Differences(0, 1, 0, 0));
      assertThat(after(rows -> rows.set(at, rows.get(at).replaceFirst("0, (\\d+)", "0, 9$1"))))
          .isEqualTo(new Differences(0, 0, 1, 0));
      assertThat(after(rows -> Collections.swap(rows, at, (at + 1) % rows.size())))
          .isEqualTo(new Differences(0, 0, 0, 2));
    }
  }

  @Test
  void whatNobodyWantsIsFound() {
    assertThat(after(rows -> rows.add(row(2, 1, RECORDS, 4))))
        .isEqualTo(new Differences(0, 1, 0, 0));
    assertThat(after(rows -> rows.add(0, row(0, 1, 0, 4)))).isEqualTo(new Differences(0, 1, 0, 0));
    assertThat(after(List::clear)).isEqualTo(new Differences(2 * RECORDS, 0, 0, 0));
    assertThat(Differences.between(log(), new StreamRows(List.of())))
        .isEqualTo(new Differences(0, 4 * RECORDS, 0, 0));
  }

  /** Another epoch's example of the same segment. */
  @Test
  void anExchangeOfEpochsIsADifference() {
    assertThat(after(rows -> rows.set(0, row(2, 1, 0, 4)))).isEqualTo(new Differences(1, 1, 0, 5));
  }
}
