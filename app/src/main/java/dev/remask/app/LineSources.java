package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.Lines.Line;
import dev.remask.app.Reading.Form;
import dev.remask.topology.BadDocument;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The documents of one file or stream of lines. What cannot be read any further ends it. */
final class LineSources implements AutoCloseable {
  /** The id of a line that has none itself. */
  interface Ids {
    String id(Place place, byte[] line);
  }

  /** Lines that are appended later change no id of those before. */
  static final Ids BY_PLACE = (place, line) -> place.toString();

  private final Lines lines;
  private final String name;
  private final Form form;
  private final Reading reading;
  private final Ids ids;
  private boolean broken;

  /**
   * @param name for the places
   * @param behind lines of the file that are before the stream
   */
  LineSources(
      InputStream in, String name, Form form, Reading reading, Ids ids, int charsMax, long behind) {
    this.lines = new Lines(in, Reading.lineBytesMax(form, charsMax), behind);
    this.name = name;
    this.form = form;
    this.reading = reading;
    this.ids = ids;
  }

  /** Null at the end. */
  @Nullable Source next() {
    try {
      Line line = broken ? null : lines.next();
      while (line != null && line.isBlank()) {
        line = lines.next();
      }
      return line == null ? null : source(line);
    } catch (IOException e) {
      broken = true;
      Place place = new Place(name, lines.number() + 1);
      BadDocument why = Reading.unreadable("cannot be read on from here", e);
      return reading.refused(place.toString(), place, why, new byte[0]);
    }
  }

  private Source source(Line line) {
    Place place = new Place(name, line.number());
    return reading.source(form, line, ids.id(place, line.bytes()), place);
  }

  /** Of the last line that was read. */
  long number() {
    return lines.number();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
