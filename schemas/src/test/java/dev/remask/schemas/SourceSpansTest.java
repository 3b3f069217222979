package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;

class SourceSpansTest {
  private static final List<@Nullable String> SOURCES = Arrays.asList(null, "a", "b");

  private static Segment segment(List<DocumentSpan> documents) {
    return Segment.newBuilder()
        .setPartition(0)
        .setSequence(0)
        .setWidth(TokenWidth.U16_LE)
        .setTokens(ByteBuffer.allocate(0))
        .setDocuments(documents)
        .setBooks(Books.newBuilder().build())
        .build();
  }

  /** Every token of a document has the document's source, whatever lies between the documents. */
  @Property
  void everyTokenHasTheSourceOfItsDocument(
      @ForAll @Size(max = 8)
          List<@Size(3) List<@IntRange(max = 2) Integer>> shapes) { // gap, length - 1, source
    List<DocumentSpan> documents = new ArrayList<>();
    List<@Nullable String> byToken = new ArrayList<>();
    List<Boolean> text = new ArrayList<>();
    for (List<Integer> shape : shapes) {
      for (int i = 0; i < shape.get(0); i++) {
        byToken.add(null);
        text.add(false);
      }
      int start = byToken.size();
      for (int i = 0; i <= shape.get(1); i++) {
        byToken.add(SOURCES.get(shape.get(2)));
        text.add(true);
      }
      documents.add(
          new DocumentSpan(
              "d" + documents.size(), start, byToken.size(), SOURCES.get(shape.get(2))));
    }
    List<SourceSpan> spans = SourceSpans.of(segment(documents));
    int at = 0;
    for (int i = 0; i < spans.size(); i++) {
      assertThat(spans.get(i).getEnd()).isGreaterThan(at).isLessThanOrEqualTo(byToken.size());
      assertThat(i > 0 && Objects.equals(spans.get(i - 1).getSource(), spans.get(i).getSource()))
          .as("neighbours of one source")
          .isFalse();
      for (; at < spans.get(i).getEnd(); at++) {
        if (text.get(at)) {
          assertThat(spans.get(i).getSource()).isEqualTo(byToken.get(at));
        }
      }
    }
    for (; at < byToken.size(); at++) {
      assertThat(byToken.get(at)).isNull();
    }
    if (byToken.stream().allMatch(Objects::isNull)) {
      assertThat(spans).isEmpty();
    }
  }
}
