package dev.remask.trainer.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Example;
import dev.remask.mlm.Masked;
import dev.remask.trainer.ExampleSource;
import dev.remask.trainer.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PurgedExamplesTest {
  private static ExampleSource source(List<String> reads) {
    return (epoch, partition, start, end) -> {
      LongStream.range(start, end).forEach(s -> reads.add(epoch + "/" + partition + ":" + s));
      return LongStream.range(start, end)
          .mapToObj(
              s -> new Example(epoch, partition, s, new Masked(new int[0], new int[0], new int[0])))
          .toList();
    };
  }

  /** Whatever is read, all of it comes, in order; from the topics only what they have for sure. */
  @Property
  void eachComesOnceAndFromWhereItIs(
      @ForAll @IntRange(max = 3) int epoch,
      @ForAll @IntRange(max = 1) int partition,
      @ForAll @IntRange(max = 12) int start,
      @ForAll @IntRange(max = 12) int count,
      @ForAll @IntRange(max = 2) int purgedEpoch,
      @ForAll @IntRange(max = 12) int purgedLive)
      throws InterruptedException {
    Position purged = new Position(9, purgedEpoch, 5, List.of((long) purgedLive, 20L));
    List<String> topics = new ArrayList<>();
    List<String> recomputed = new ArrayList<>();
    List<Example> read =
        new PurgedExamples(purged, source(topics), source(recomputed))
            .read(epoch, partition, start, start + count);
    assertThat(read)
        .extracting(Example::sequence)
        .containsExactlyElementsOf(LongStream.range(start, start + count).boxed().toList());
    for (long s = start; s < start + count; s++) {
      boolean mayBeGone = epoch == 0 ? s < purged.live().get(partition) : epoch <= purged.epoch();
      String place = epoch + "/" + partition + ":" + s;
      assertThat(mayBeGone ? recomputed : topics).contains(place);
      assertThat(mayBeGone ? topics : recomputed).doesNotContain(place);
    }
  }
}
