package dev.remask.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Where the tokens of a segment, and so of its masked examples, come from. */
public final class SourceSpans {
  private SourceSpans() {}

  /**
   * The sources of a segment's documents in order, neighbours of one source as one: each reaches
   * from the end of the one before (the first from 0) to its end, so a special token in between is
   * with the text that follows. None if no document of the segment says where it came from.
   */
  public static List<SourceSpan> of(Segment segment) {
    List<DocumentSpan> documents = segment.getDocuments();
    if (documents.stream().allMatch(span -> span.getSource() == null)) {
      return List.of();
    }
    List<SourceSpan> sources = new ArrayList<>();
    for (DocumentSpan span : documents) {
      int last = sources.size() - 1;
      if (last >= 0 && Objects.equals(sources.get(last).getSource(), span.getSource())) {
        sources.remove(last);
      }
      sources.add(new SourceSpan(span.getSource(), span.getEnd()));
    }
    return sources;
  }
}
