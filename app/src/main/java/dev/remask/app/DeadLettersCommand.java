package dev.remask.app;

import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Datasets;
import dev.remask.topology.BadDocument.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What could not be used, why, and how it gets another chance. */
@Command(
    name = "dead-letters",
    description =
        "Lists what could not be used by its reason, shows it, and sends it back after a fix.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example: remask dead-letters --dataset news --since 2h",
      "Example: remask dead-letters --reason unreadable --send-back --dry-run"
    })
final class DeadLettersCommand implements Callable<Integer> {
  private static final Pattern AGO = Pattern.compile("(\\d{1,6})([smhd])");

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private ReadingOptions how = new ReadingOptions();

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Only those of a dataset's documents topic.")
  private @Nullable String dataset;

  @Option(names = "--reason", paramLabel = "REASON", description = "Only those of a reason.")
  private @Nullable String reason;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only later ones: 30m, 2h, 7d ago, or 2026-01-31T10:00:00Z.")
  private @Nullable String since;

  @Option(
      names = "--show",
      split = ",",
      paramLabel = "OFFSET",
      description = "Only these, with all that is known of them and the first 4 KiB.")
  private List<Long> show = List.of();

  @Option(
      names = "--last",
      defaultValue = "10",
      paramLabel = "N",
      description = "How many to list, the newest last (default: ${DEFAULT-VALUE}).")
  private int last;

  @Option(
      names = "--send-back",
      description =
          "Writes the originals of those that are fixed to their topic once more, each at most once.")
  private boolean sendBack;

  @Option(names = "--dry-run", description = "With --send-back: only tells what would be sent.")
  private boolean dryRun;

  @Option(
      names = "--force",
      description = "With --send-back: also what was sent back before, or would be refused again.")
  private boolean force;

  @Option(
      names = "--files",
      paramLabel = "DIR",
      description =
          "With --send-back: files below it may be read again, too, not only those below this folder.")
  private List<Path> files = List.of();

  @Override
  public Integer call() throws Exception {
    CommonOptions.requireBetween("--last", last, 0, 100_000);
    if (!sendBack && (dryRun || force || !files.isEmpty())) {
      String option = dryRun ? "--dry-run" : force ? "--force" : "--files";
      throw new ConfigException(option, true, "goes with --send-back");
    }
    requireKnownReason();
    List<Path> roots = roots(files);
    Instant earliest = since == null ? Instant.EPOCH : since(since, Instant.now());
    Reading reading = how.ofFiles();
    Settings settings = options.connected(Map.of());
    new Setup(settings).ensureSharedTopics();
    SortedMap<String, Dataset> datasets = Datasets.all(settings.clients(), settings.topics());
    Predicate<Letter> wanted = wanted(documents(datasets), earliest);
    DeadLettersReport report = new DeadLettersReport(options.json(), System.out);
    Letters letters = Letters.read(settings.clients(), settings.topics().deadLetters());
    List<Letter> some = letters.all().stream().filter(wanted).toList();
    if (!show.isEmpty() && some.size() < show.stream().distinct().count()) {
      throw new ConfigException("--show", show, "must be offsets of dead letters that are kept");
    }
    if (sendBack) {
      Reread reread = new Reread(settings, reading, roots);
      try (SendBack back = new SendBack(settings, datasets.values(), reread, force)) {
        return sendBack(back, wanted, report);
      }
    }
    if (show.isEmpty()) {
      report.list(letters, some, last);
    } else {
      report.show(letters, some);
    }
    return 0;
  }

  private void requireKnownReason() {
    List<String> known = Stream.of(Reason.values()).map(Reason::code).toList();
    if (reason != null && !known.contains(reason)) {
      throw new ConfigException("--reason", reason, "must be one of " + String.join(", ", known));
    }
  }

  /** This folder, and those that are named. */
  static List<Path> roots(List<Path> named) {
    List<Path> roots = new ArrayList<>();
    try {
      roots.add(Path.of("").toRealPath());
      for (Path folder : named) {
        roots.add(folder.toRealPath());
      }
    } catch (IOException e) {
      throw new ConfigException("--files", named, "must be folders that are there");
    }
    return roots;
  }

  private int sendBack(SendBack back, Predicate<Letter> wanted, DeadLettersReport report) {
    List<Outcome> outcomes = dryRun ? back.preview(wanted) : back.send(wanted);
    report.sent(outcomes, dryRun, last);
    boolean done =
        outcomes.stream().allMatch(o -> o.fate() == Fate.SENT || o.fate() == Fate.ALREADY);
    return done ? 0 : Main.FAILED;
  }

  /** Null for those of all topics. */
  private @Nullable String documents(SortedMap<String, Dataset> datasets) {
    if (dataset == null) {
      return null;
    }
    Dataset known = datasets.get(dataset);
    if (known == null) {
      throw new ConfigException("--dataset", dataset, "there are " + datasets.keySet());
    }
    return known.getDocumentsTopic();
  }

  private Predicate<Letter> wanted(@Nullable String documents, Instant earliest) {
    return letter ->
        (documents == null || documents.equals(letter.documents()))
            && (reason == null || reason.equals(letter.reason()))
            && (show.isEmpty() || show.contains(letter.offset()))
            && letter.time() >= earliest.toEpochMilli();
  }

  static Instant since(String time, Instant now) {
    Matcher ago = AGO.matcher(time);
    if (ago.matches()) {
      long count = Long.parseLong(ago.group(1));
      return now.minus(
          switch (ago.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
          });
    }
    try {
      return Instant.parse(time);
    } catch (DateTimeParseException e) {
      throw new ConfigException(
          "--since", time, "must be like 30m, 2h, 7d or 2026-01-31T10:00:00Z");
    }
  }
}
