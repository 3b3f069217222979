package dev.remask.trainer;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a run: folders {@code step-<n>}, written aside in {@code writing}, forced to
 * disk file by file, then renamed; deleted the other way round. A crash at any point leaves whole
 * ones, and {@code writing}, which the next one clears. Not thread-safe; one process at a time.
 */
public final class Checkpoints implements CheckpointStore {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpoints.class);
  private static final Pattern NAME = Pattern.compile("step-(0|[1-9][0-9]{0,17})");
  private static final String ASIDE = "writing";
  private static final String BEFORE_REDO = "before-redo-";
  private static final String POSITION = "position.json";
  private static final String CONFIGURATION = "configuration.json";
  private static final String FINGERPRINT = "fingerprint.txt";
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);

  private final Path folder;
  private final int kept;
  private final SortedMap<String, String> configuration;
  private final SortedMap<String, byte[]> tokenizer;

  /**
   * @param kept how many stay on disk; the older ones are deleted
   * @param configuration what the weights depend on, by key
   * @param tokenizer files to lie beside the model, by name
   */
  public Checkpoints(
      Path folder,
      int kept,
      SortedMap<String, String> configuration,
      SortedMap<String, byte[]> tokenizer) {
    this.folder = folder;
    this.kept = kept;
    this.configuration = new TreeMap<>(configuration);
    this.tokenizer = new TreeMap<>(tokenizer);
  }

  @Override
  public void save(Position position, Learner learner) throws IOException {
    Path aside = folder.resolve(ASIDE);
    try {
      Files.createDirectories(folder);
      delete(aside);
      Path written = aside.resolve("step-" + position.step());
      write(written, position, learner);
      Path target = folder.resolve("step-" + position.step());
      discard(target); // an unsound one, or that of a run that has learned nothing yet
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
      force(folder);
      for (Path old : beyond(kept)) {
        discard(old);
      }
      delete(aside);
    } catch (IOException e) {
      throw fault(aside, e);
    }
  }

  private void write(Path to, Position position, Learner learner) throws IOException {
    Path model = Files.createDirectories(to.resolve("model"));
    Path state = Files.createDirectories(to.resolve("state"));
    learner.save(model, state);
    for (Map.Entry<String, byte[]> file : tokenizer.entrySet()) {
      Files.write(model.resolve(file.getKey()), file.getValue());
    }
    Files.write(state.resolve(POSITION), JSON.writeValueAsBytes(position));
    Files.write(state.resolve(CONFIGURATION), JSON.writeValueAsBytes(configuration));
    Files.writeString(state.resolve(FINGERPRINT), learner.fingerprint() + "\n");
    Files.write(to.resolve(Manifest.FILE), Manifest.of(to).encode());
    forceAll(to);
  }

  /** Whoever has a full disk needs the place that half a checkpoint takes. */
  private IOException fault(Path aside, IOException failure) {
    IOException fault =
        new IOException(
            "cannot write a checkpoint to %s: %s; those before are as they were"
                .formatted(
                    folder,
                    failure.getMessage() == null ? failure.toString() : failure.getMessage()),
            failure);
    try {
      delete(aside);
    } catch (IOException e) {
      fault.addSuppressed(e);
    }
    return fault;
  }

  /** Takes a checkpoint away whole: half of one only ever lies aside. */
  private void discard(Path checkpoint) throws IOException {
    if (Files.exists(checkpoint)) {
      Path discarded = folder.resolve(ASIDE).resolve("old-" + checkpoint.getFileName());
      Files.move(checkpoint, discarded, StandardCopyOption.ATOMIC_MOVE);
      delete(discarded);
    }
  }

  /** The newest sound checkpoint; unsound ones are named in the program's log and passed over. */
  public static Optional<Checkpoint> newest(Path folder) throws IOException {
    return firstSound(newestFirst(folder));
  }

  /** The newest sound checkpoint at {@code step} or before. */
  public static Optional<Checkpoint> newest(Path folder, long step) throws IOException {
    return firstSound(newestFirst(folder).stream().filter(path -> step(path) <= step).toList());
  }

  /**
   * Moves all checkpoints, sound or not, into a new folder beside them, where nobody looks for one.
   *
   * @return that folder; empty if there was nothing to move
   */
  public static Optional<Path> setAside(Path folder) throws IOException {
    List<Path> all = newestFirst(folder);
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Path aside = folder.resolve(BEFORE_REDO + (asides(folder).size() + 1));
    Files.createDirectory(aside);
    for (Path checkpoint : all) {
      Files.move(checkpoint, aside.resolve(checkpoint.getFileName()));
    }
    force(aside);
    force(folder);
    return Optional.of(aside);
  }

  /** The sound checkpoint of the latest step among those that were ever set aside. */
  public static Optional<Checkpoint> newestSetAside(Path folder) throws IOException {
    List<Path> candidates = new ArrayList<>();
    for (Path aside : asides(folder)) {
      candidates.addAll(newestFirst(aside));
    }
    candidates.sort(Comparator.comparingLong(Checkpoints::step).reversed());
    return firstSound(candidates);
  }

  private static List<Path> asides(Path folder) throws IOException {
    List<Path> asides = new ArrayList<>();
    while (Files.exists(folder.resolve(BEFORE_REDO + (asides.size() + 1)))) {
      asides.add(folder.resolve(BEFORE_REDO + (asides.size() + 1)));
    }
    return asides;
  }

  private static Optional<Checkpoint> firstSound(List<Path> candidates) throws IOException {
    for (Path candidate : candidates) {
      Optional<String> fault = Manifest.fault(candidate);
      if (fault.isEmpty()) {
        return Optional.of(read(candidate));
      }
      LOG.warn("Passing over the checkpoint {}: {}", candidate, fault.get());
    }
    return Optional.empty();
  }

  private static Checkpoint read(Path folder) throws IOException {
    Path state = folder.resolve("state");
    Position position = JSON.readValue(Files.readAllBytes(state.resolve(POSITION)), Position.class);
    SortedMap<String, String> configuration =
        JSON.readValue(
            Files.readAllBytes(state.resolve(CONFIGURATION)),
            new TypeReference<TreeMap<String, String>>() {});
    String fingerprint =
        Files.readString(state.resolve(FINGERPRINT), StandardCharsets.UTF_8).strip();
    return new Checkpoint(folder, position, configuration, fingerprint);
  }

  private List<Path> beyond(int kept) throws IOException {
    List<Path> all = newestFirst(folder);
    return all.subList(Math.min(kept, all.size()), all.size());
  }

  private static List<Path> newestFirst(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(path -> NAME.matcher(path.getFileName().toString()).matches())
          .sorted(Comparator.comparingLong(Checkpoints::step).reversed())
          .toList();
    }
  }

  private static long step(Path folder) {
    Matcher name = NAME.matcher(folder.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException(folder + " is no checkpoint");
    }
    return Long.parseLong(name.group(1));
  }

  private static void forceAll(Path folder) throws IOException {
    for (Path path : deepestFirst(folder)) {
      force(path);
    }
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      for (Path path : deepestFirst(folder)) {
        Files.delete(path);
      }
    }
  }

  private static List<Path> deepestFirst(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.sorted(Comparator.reverseOrder()).toList();
    }
  }
}
