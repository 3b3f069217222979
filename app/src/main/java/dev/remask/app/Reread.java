package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.schemas.Dataset;
import dev.remask.topology.BadDocument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of {@code ingest}: what it refused stands in no topic, so the file is read again
 * where it is. Lines that are asked for in their order are found in one pass over a file.
 */
final class Reread implements AutoCloseable {
  private final Settings settings;
  private final Reading reading;
  private final Map<String, Ingest> ingests = new HashMap<>();
  private String open = "";
  private @Nullable Sources sources;
  private @Nullable Source last;

  Reread(Settings settings, Reading reading) {
    this.settings = settings;
    this.reading = reading;
  }

  /**
   * Writes the document of a letter, if it is one now and not in the topic.
   *
   * @param preview writes nothing
   */
  Outcome again(Letter letter, Dataset dataset, boolean preview) {
    String file = letter.origin().topic();
    if (!Files.isRegularFile(Path.of(file))) {
      return new Outcome(
          letter, Fate.GONE, file + " is no file here; 'remask ingest' takes it where it is");
    }
    try {
      Source source = find(new Place(file, letter.origin().offset()), dataset);
      if (source == null) {
        return new Outcome(letter, Fate.GONE, file + " has no such line now");
      }
      String unused = Ingest.text(source, dataset.getDocumentCharsMax());
      if (!preview) {
        boolean unusedAnswer = ingest(dataset).write(source, (refused, why) -> {});
      }
      return new Outcome(letter, Fate.SENT, "");
    } catch (BadDocument e) {
      return new Outcome(letter, Fate.STILL_BAD, SendBack.said(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private @Nullable Source find(Place place, Dataset dataset) throws InterruptedException {
    boolean behind = last != null && last.place().line() > place.line();
    if (sources == null || !open.equals(place.name()) || behind) {
      closeFile();
      open = place.name();
      sources =
          Texts.files(List.of(place.name()), reading)
              .open(dataset.getDocumentCharsMax(), () -> false);
    }
    while (last == null || last.place().line() < place.line()) {
      last = sources.next();
      if (last == null) {
        closeFile();
        return null;
      }
    }
    return last.place().line() == place.line() ? last : null;
  }

  private Ingest ingest(Dataset dataset) {
    return ingests.computeIfAbsent(dataset.getName(), name -> new Ingest(settings, dataset));
  }

  /** Returns when the broker has what was written. */
  void flush() {
    ingests.values().forEach(ingest -> ingest.finish(false, (refused, why) -> {}));
  }

  private void closeFile() {
    if (sources != null) {
      sources.close();
    }
    sources = null;
    last = null;
  }

  @Override
  public void close() {
    closeFile();
    ingests.values().forEach(Ingest::close);
  }
}
