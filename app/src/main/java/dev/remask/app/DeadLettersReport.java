package dev.remask.app;

import dev.remask.app.SendBack.Fate;
import dev.remask.app.SendBack.Outcome;
import dev.remask.topology.DeadLetter;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Dead letters for people, as a table, and for programs, as one JSON object. */
final class DeadLettersReport {
  /** Of one reason. */
  record Reason(String reason, long letters, long sentBack, String newest) {}

  /**
   * All that is known of one.
   *
   * @param value its beginning as text; null where nothing was kept
   * @param valueBase64 the same, byte for byte
   */
  record Shown(
      long offset,
      String time,
      String reason,
      String message,
      String documents,
      String from,
      String id,
      int bytes,
      boolean sentBack,
      @Nullable String value,
      @Nullable String valueBase64) {}

  private record Listed(List<Reason> reasons, List<Shown> letters) {}

  private record SentOne(long offset, String from, String fate, String why) {}

  private record Sent(boolean dryRun, Map<String, Long> fates, List<SentOne> letters) {}

  private static final int MESSAGE_SHOWN = 60;

  private final boolean json;
  private final PrintStream out;

  DeadLettersReport(boolean json, PrintStream out) {
    this.json = json;
    this.out = out;
  }

  /** The reasons, and the newest letters. */
  void list(Letters letters, List<Letter> wanted, int last) {
    SortedMap<String, Reason> reasons = new TreeMap<>();
    for (Letter letter : wanted) {
      long sent = letters.wasSentBack(letter) ? 1 : 0;
      Reason one = new Reason(letter.reason(), 1, sent, time(letter));
      reasons.merge(letter.reason(), one, DeadLettersReport::sum);
    }
    List<Letter> newest = wanted.subList(Math.max(0, wanted.size() - last), wanted.size());
    if (json) {
      List<Shown> shown = newest.stream().map(letter -> shown(letters, letter)).toList();
      out.println(Json.text(new Listed(List.copyOf(reasons.values()), shown)));
      return;
    }
    if (wanted.isEmpty()) {
      out.println("no dead letters");
      return;
    }
    out.println("reason        letters  sent back  newest");
    for (Reason reason : reasons.values()) {
      out.printf(
          Locale.ROOT,
          "%-12s %,8d %,10d  %s%n",
          Terminal.printable(reason.reason),
          reason.letters,
          reason.sentBack,
          reason.newest);
    }
    out.println();
    out.println("  offset  reason      from");
    newest.forEach(letter -> line(letters, letter));
  }

  private static Reason sum(Reason one, Reason other) {
    return new Reason(
        one.reason,
        one.letters + other.letters,
        one.sentBack + other.sentBack,
        one.newest.compareTo(other.newest) > 0 ? one.newest : other.newest);
  }

  private void line(Letters letters, Letter letter) {
    String message = Terminal.printable(letter.message());
    out.printf(
        Locale.ROOT,
        "%,8d  %-10s  %s: %s%s%n",
        letter.offset(),
        Terminal.printable(letter.reason()),
        Terminal.printable(letter.origin().toString()),
        message.length() <= MESSAGE_SHOWN ? message : message.substring(0, MESSAGE_SHOWN) + "…",
        letters.wasSentBack(letter) ? " (sent back)" : "");
  }

  /** All that is known of each. */
  void show(Letters letters, List<Letter> wanted) {
    List<Shown> shown = wanted.stream().map(letter -> shown(letters, letter)).toList();
    if (json) {
      out.println(Json.text(shown));
      return;
    }
    for (Shown letter : shown) {
      out.printf(
          Locale.ROOT,
          "dead letter %d of %s%s%n  reason     %s%n  message    %s%n  from       %s%n"
              + "  for        %s%n  id         %s%n  bytes      %,d%s%n%n%s%n%n",
          letter.offset,
          letter.time,
          letter.sentBack ? ", sent back" : "",
          Terminal.printable(letter.reason),
          Terminal.printable(letter.message),
          Terminal.printable(letter.from),
          Terminal.printable(letter.documents),
          Terminal.printable(letter.id),
          letter.bytes,
          letter.bytes > DeadLetter.BYTES_MAX ? ", the first 4,096 kept" : "",
          Terminal.printable(letter.value == null ? "" : letter.value));
    }
  }

  /** What became, or would become, of them; those that could not be sent, one by one. */
  void sent(List<Outcome> outcomes, boolean dryRun, int last) {
    Map<String, Long> fates = new TreeMap<>();
    outcomes.forEach(outcome -> fates.merge(name(outcome.fate()), 1L, Long::sum));
    if (json) {
      List<SentOne> all =
          outcomes.stream()
              .map(
                  o ->
                      new SentOne(
                          o.letter().offset(),
                          o.letter().origin().toString(),
                          name(o.fate()),
                          o.why()))
              .toList();
      out.println(Json.text(new Sent(dryRun, fates, all)));
      return;
    }
    outcomes.stream()
        .filter(o -> !o.why().isEmpty())
        .limit(last)
        .forEach(
            o ->
                out.printf(
                    Locale.ROOT,
                    "%,8d  %s: %s%n",
                    o.letter().offset(),
                    Terminal.printable(o.letter().origin().toString()),
                    Terminal.printable(o.why())));
    out.printf(
        Locale.ROOT,
        "%,d %s, %,d sent back before, %,d still refused, %,d gone, %,d of no dataset%n",
        fates.getOrDefault(name(Fate.SENT), 0L),
        dryRun ? "would be sent back" : "sent back",
        fates.getOrDefault(name(Fate.ALREADY), 0L),
        fates.getOrDefault(name(Fate.STILL_BAD), 0L),
        fates.getOrDefault(name(Fate.GONE), 0L),
        fates.getOrDefault(name(Fate.NO_DATASET), 0L));
  }

  private static String name(Fate fate) {
    return fate.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Shown shown(Letters letters, Letter letter) {
    byte[] value = letter.value();
    return new Shown(
        letter.offset(),
        time(letter),
        letter.reason(),
        letter.message(),
        letter.documents(),
        letter.origin().toString(),
        letter.id(),
        letter.bytes(),
        letters.wasSentBack(letter),
        value == null ? null : letter.beginning(),
        value == null ? null : Base64.getEncoder().encodeToString(value));
  }

  private static String time(Letter letter) {
    return Instant.ofEpochMilli(letter.time()).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
