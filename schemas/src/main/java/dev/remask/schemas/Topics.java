package dev.remask.schemas;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The names of one Remask installation: its topics, and the ids under which its clients read and
 * write them. Installations with different prefixes share a broker. Everything that is learned from
 * is kept for ever and never compacted: a sequence must stay where it was written. Examples have no
 * time limit either; the trainer purges what it has learned.
 *
 * @param prefix what every name starts with, {@code remask.} by default; in the ids of clients its
 *     last dot is a dash. Checked: a ConfigException names {@code topic.prefix}.
 */
public record Topics(String prefix) {
  /** One way to end, so that no two prefixes become the same in the ids of clients. */
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}\\.");

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  /** Said in full: a broker's defaults must not take what has not been learned. */
  private static final Map<String, String> KEPT =
      Map.of(
          TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE,
          TopicConfig.RETENTION_MS_CONFIG, "-1",
          TopicConfig.RETENTION_BYTES_CONFIG, "-1");

  /**
   * Of any record: a document, a vocabulary in its dataset, a segment with the ids of its texts.
   */
  public static final int RECORD_BYTES_MAX = 16 * 1024 * 1024;

  private static final Map<String, String> BROKER_TIME =
      Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");

  private static final Map<String, String> LARGE =
      and(KEPT, Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(RECORD_BYTES_MAX)));

  /**
   * Of what is made from text, by the broker's clock: an old text is not old at once, and one from
   * the future, which a broker would refuse, does not stop who writes.
   */
  private static final Map<String, String> MADE = and(LARGE, BROKER_TIME);

  private static final Set<String> MADE_REQUIRED = and(KEPT, BROKER_TIME).keySet();

  /** Small log segments, so that a purge frees disk soon. */
  private static final Map<String, String> PURGED =
      and(MADE, Map.of(TopicConfig.SEGMENT_BYTES_CONFIG, "16777216"));

  public Topics {
    if (!PREFIX.matcher(prefix).matches()) {
      throw new ConfigException(
          "topic.prefix",
          prefix,
          "must be at most 64 letters, digits, '.', '_' or '-', begin with a letter or digit and"
              + " end in '.'");
    }
  }

  /** Document id (string) to document, or null for a tombstone or a flush signal. */
  public Topic<Document> documents(int partitions) {
    return new Topic<>(prefix + "documents", Document.class, partitions, LARGE, Set.of());
  }

  /** Name (string) to dataset; the first record of a name wins. Null: it was deleted. */
  public Topic<Dataset> datasets() {
    return new Topic<>(prefix + "datasets", Dataset.class, 1, LARGE, KEPT.keySet());
  }

  /** {@link SequenceKey} to training segment. */
  public Topic<Segment> segments(String dataset, int partitions) {
    return new Topic<>(
        prefix + named("dataset.name", dataset) + ".segments",
        Segment.class,
        partitions,
        MADE,
        MADE_REQUIRED);
  }

  /** {@link SequenceKey} to held-out segment. */
  public Topic<Segment> heldOut(String dataset, int partitions) {
    return new Topic<>(
        prefix + named("dataset.name", dataset) + ".heldout",
        Segment.class,
        partitions,
        MADE,
        MADE_REQUIRED);
  }

  /**
   * {@code run/epoch} (string) to plan event; the first plan of a key wins. Null for epoch 0: the
   * run was deleted.
   */
  public Topic<PlanEvent> plans() {
    return new Topic<>(prefix + "plans", PlanEvent.class, 1, KEPT, KEPT.keySet());
  }

  /** {@link SequenceKey} to masked example of epoch 0. */
  public Topic<MaskedExample> live(String run, int partitions) {
    return new Topic<>(
        prefix + named("run.name", run) + ".live",
        MaskedExample.class,
        partitions,
        PURGED,
        MADE_REQUIRED);
  }

  /** {@link SequenceKey} to masked example of the replays, in epoch order. */
  public Topic<MaskedExample> examples(String run, int partitions) {
    return new Topic<>(
        prefix + named("run.name", run) + ".examples",
        MaskedExample.class,
        partitions,
        PURGED,
        MADE_REQUIRED);
  }

  /** Step (8 bytes, big-endian) to what it learned. */
  public Topic<TrainingStep> ledger(String run) {
    return new Topic<>(
        prefix + named("run.name", run) + ".ledger", TrainingStep.class, 1, KEPT, KEPT.keySet());
  }

  /**
   * What could not be used, as received (at most 4 KiB of it), with the reason in its headers.
   * Bounded, not Avro.
   */
  public String deadLetters() {
    return prefix + "dead-letters";
  }

  /** Transactional id of who sends dead letters back: there is one at a time. */
  public String deadLettersId() {
    return idPrefix() + "dead-letters";
  }

  /** Settings of the dead letters: at most 64 MiB of them. */
  public static Map<String, String> deadLettersConfig() {
    return and(
        and(KEPT, BROKER_TIME),
        Map.of(
            TopicConfig.RETENTION_BYTES_CONFIG, "67108864",
            TopicConfig.SEGMENT_BYTES_CONFIG, "16777216"));
  }

  private static Map<String, String> and(Map<String, String> base, Map<String, String> more) {
    Map<String, String> config = new HashMap<>(base);
    config.putAll(more);
    return Map.copyOf(config);
  }

  /** Application id of a dataset's packer; runs share it, so nothing is packed twice. */
  public String packerId(String dataset) {
    return idPrefix() + named("dataset.name", dataset) + "-pack";
  }

  /** Application id of the masker of an epoch; epoch 0 is the live lane. */
  public String maskerId(String run, int epoch) {
    return idPrefix() + named("run.name", run) + "-epoch-" + epoch;
  }

  /** Transactional id of a run's planner: there is one at a time. */
  public String plannerId(String run) {
    return idPrefix() + "plan-" + named("run.name", run);
  }

  /**
   * Transactional id of a run's trainer, of which there is one at a time, and its group, whose lag
   * slows the maskers; its offsets never serve a restart (invariant 9).
   */
  public String trainerId(String run) {
    return idPrefix() + named("run.name", run) + "-trainer";
  }

  private String idPrefix() {
    return prefix.substring(0, prefix.length() - 1) + "-";
  }

  private static String named(String key, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new ConfigException(key, name, "must be 1 to 64 letters, digits, '_' or '-'");
    }
    return name;
  }
}
