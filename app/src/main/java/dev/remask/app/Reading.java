package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.Lines.Line;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.JsonField;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How documents are found in bytes.
 *
 * @param form null to go by the name
 * @param id of JSON lines; null to go by the place
 * @param label the field of JSON lines that says where a document comes from, if any
 * @param source what says so where no field does
 */
record Reading(
    @Nullable Form form,
    @Nullable JsonField id,
    JsonField text,
    @Nullable JsonField label,
    String source) {
  /** What a file or a stream is. */
  enum Form {
    /** One document. */
    TEXT,
    /** A document a line; blank ones are none. */
    LINES,
    /** A JSON object a line, with the document in a field; blank ones are none. */
    JSONL
  }

  static final String TEXT_FIELD = "text";

  /** JSON escapes may take six bytes for a character; then the other fields. */
  private static final int JSON_BYTES_PER_CHAR_MAX = 6;

  private static final int OTHER_FIELDS_BYTES_MAX = 1 << 20;

  static Reading plain(String source) {
    return new Reading(null, null, JsonField.of("--text-field", TEXT_FIELD), null, source);
  }

  /** As it was said, else by the ending: .jsonl and .ndjson are JSON lines, all else is text. */
  Form formOf(String name) {
    if (form != null) {
      return form;
    }
    String inner = Compression.inner(name).toLowerCase(Locale.ROOT);
    return inner.endsWith(".jsonl") || inner.endsWith(".ndjson") ? Form.JSONL : Form.TEXT;
  }

  /** Of a longer line only the beginning is read. */
  static int lineBytesMax(Form form, int charsMax) {
    return form == Form.JSONL
        ? JSON_BYTES_PER_CHAR_MAX * charsMax + OTHER_FIELDS_BYTES_MAX
        : Content.bytesMax(charsMax);
  }

  /**
   * The document of a line.
   *
   * @param id where the line itself has none
   */
  Source source(Form form, Line line, String id, Place place) {
    if (line.cut()) {
      String detail = "a line of more than " + line.bytes().length + " bytes";
      return refused(id, place, new BadDocument(Reason.TOO_LONG, detail), line.bytes());
    }
    if (form == Form.LINES) {
      return new Source(id, source, place, Content.of(line.bytes()));
    }
    try {
      String object = Content.withoutMark(Content.decoded(line.bytes()));
      String text = text().text(object);
      return new Source(
          id() == null ? id : id().id(object),
          label == null ? source : label.textOr(object, source),
          place,
          Content.of(text, line.bytes()));
    } catch (BadDocument e) {
      return refused(id, place, e, line.bytes());
    }
  }

  static BadDocument unreadable(String what, IOException why) {
    return new BadDocument(Reason.UNREADABLE, what + ": " + said(why));
  }

  /** Some messages are none, or only the path. */
  static String said(IOException why) {
    String message = why.getMessage();
    boolean isPath = why instanceof FileSystemException file && file.getReason() == null;
    return message == null || isPath ? why.getClass().getSimpleName() : message;
  }

  Source refused(String id, Place place, BadDocument why, byte[] received) {
    return new Source(id, source, place, Content.refused(why, received));
  }
}
