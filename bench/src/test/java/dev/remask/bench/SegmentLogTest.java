package dev.remask.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.DocumentSpan;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SegmentLogTest {
  private static final int LENGTH = 512;

  @Property(tries = 200)
  void aSegmentIsAsPackingLeavesIt(
      @ForAll @IntRange(max = 3) int partition, @ForAll @IntRange(max = 1_000_000) int sequence) {
    Segment segment = SegmentLog.segment(partition, sequence);
    int[] tokens = TokenIds.decode(segment.getTokens(), segment.getWidth());
    assertThat(tokens).hasSize(LENGTH).startsWith(Vocabulary.BOS).endsWith(Vocabulary.EOS);
    assertThat(Arrays.stream(tokens).skip(1).limit(LENGTH - 2))
        .allMatch(id -> id > Vocabulary.UNK && id < 8_191);
    assertThat(segment.getTokens().remaining()).isEqualTo(2 * LENGTH);

    List<DocumentSpan> spans = segment.getDocuments();
    assertThat(spans.get(0).getStart()).isEqualTo(1);
    assertThat(spans.get(spans.size() - 1).getEnd()).isEqualTo(LENGTH);
    assertThat(spans).allMatch(span -> span.getStart() < span.getEnd());
    if (spans.size() == 2) {
      assertThat(spans.get(0).getEnd()).isEqualTo(spans.get(1).getStart());
    }
  }
}
