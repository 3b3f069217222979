package dev.remask.app;

import dev.remask.app.Corpus.Place;
import dev.remask.app.Corpus.Source;
import dev.remask.app.Reading.Form;
import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.schemas.Dataset;
import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of {@code ingest}: what it refused stands in no topic, so the file is read again
 * where it is, as one document or one line of it. Lines that are asked for in their order are found
 * in one pass over a file.
 */
final class Reread implements AutoCloseable {
  private final Settings settings;
  private final Reading reading;
  private final List<Path> roots;
  private final Map<String, Ingest> ingests = new HashMap<>();
  private final Map<Source, Letter> written = new HashMap<>();
  private final Map<Long, String> refused = new HashMap<>();
  private String open = "";
  private @Nullable Sources sources;
  private @Nullable Source last;

  /**
   * @param roots only files below one of these are read: anybody who may write to the dead letters
   *     may name any file
   */
  Reread(Settings settings, Reading reading, List<Path> roots) {
    this.settings = settings;
    this.reading = reading;
    this.roots = roots;
  }

  /**
   * Writes the document of a letter, if it is one now and not in the topic. What the broker makes
   * of it, {@link #flush} tells.
   *
   * @param preview writes nothing
   */
  Outcome again(Letter letter, Dataset dataset, boolean preview) {
    String file = letter.origin().topic();
    try {
      Optional<String> unfit = unfit(letter);
      if (unfit.isPresent()) {
        return new Outcome(letter, Fate.GONE, unfit.get());
      }
      Source source = find(new Place(file, letter.origin().offset()), dataset);
      if (source == null) {
        return new Outcome(letter, Fate.GONE, file + " has no such line now");
      }
      String unused = Ingest.text(source, dataset.getDocumentCharsMax());
      if (!preview) {
        written.put(source, letter);
        boolean unusedAnswer = ingest(dataset).write(source, this::refuse);
      }
      return new Outcome(letter, Fate.SENT, "");
    } catch (BadDocument e) {
      return new Outcome(letter, Fate.STILL_BAD, SendBack.said(e));
    } catch (IOException e) {
      return new Outcome(letter, Fate.GONE, file + ": " + Reading.said(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Why it cannot be looked for; empty if it can. */
  private Optional<String> unfit(Letter letter) throws IOException {
    String file = letter.origin().topic();
    Path path;
    try {
      path = Path.of(file);
    } catch (InvalidPathException e) {
      return Optional.of(file + " is no path");
    }
    if (!Files.isRegularFile(path)) {
      return Optional.of(file + " is no file here; 'remask ingest' takes it where it is");
    }
    Path real = path.toRealPath();
    if (roots.stream().noneMatch(real::startsWith)) {
      return Optional.of(file + " is not below this folder; name its own by --files DIR");
    }
    if (!Files.isReadable(path)) {
      return Optional.of(file + " cannot be read by this user");
    }
    return isOfMany(letter)
        ? Optional.of("more than one document; run 'remask ingest " + file + "' again")
        : Optional.empty();
  }

  /** An archive of lines that was not opened, or the rest of one that broke: no line is empty. */
  private boolean isOfMany(Letter letter) {
    return letter.origin().offset() < 0
        ? reading.formOf(letter.origin().topic()) != Form.TEXT
        : letter.bytes() == 0 && letter.reason().equals(Reason.UNREADABLE.code());
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

  private void refuse(Source source, BadDocument why) {
    Letter letter = written.get(source);
    if (letter != null) {
      refused.put(letter.offset(), SendBack.said(why));
    }
  }

  /**
   * Returns when the broker has what was written: what was refused meanwhile, by the letter's
   * offset, and why.
   */
  Map<Long, String> flush() {
    ingests.values().forEach(ingest -> ingest.finish(false, this::refuse));
    Map<Long, String> told = new HashMap<>(refused);
    refused.clear();
    written.clear();
    return told;
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
