package dev.remask.app;

import dev.remask.trainer.LogicalBatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/**
 * The size of a logical batch as people write it: sequences, or tokens. Tokens are places for them,
 * as many as a segment can have, as fairseq's {@code --max-tokens} counts padded ones.
 */
record BatchSize(long count, boolean inTokens) {
  /** Of the settings' page, too. */
  static final ConfigDef.Validator VALID =
      new ConfigDef.Validator() {
        @Override
        public void ensureValid(String key, Object value) {
          parse((String) value);
        }

        @Override
        public String toString() {
          return "[sequences, or tokens as '4194304 tokens']";
        }
      };

  private static final Pattern WRITTEN = Pattern.compile("([0-9]{1,15})( ?tokens)?");

  /**
   * ConfigException unless it is one. How many sequences it comes to is another question, and needs
   * the dataset.
   */
  static BatchSize parse(String value) {
    Matcher matcher = WRITTEN.matcher(value);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw new ConfigException(
          LogicalBatch.SIZE,
          value,
          "must be a number of sequences, at least 1, or of tokens, as in '4194304 tokens'");
    }
    return new BatchSize(Long.parseLong(matcher.group(1)), matcher.group(2) != null);
  }

  /** ConfigException if not one segment fits, or more than anybody needs. */
  int sequences(int segmentLength) {
    long sequences = inTokens ? count / segmentLength : count;
    if (sequences < 1) {
      throw refused("must be at least segment.length, %d tokens".formatted(segmentLength));
    }
    if (sequences > LogicalBatch.SEQUENCES_MAX) {
      throw refused(
          "must be at most %d sequences%s"
              .formatted(
                  LogicalBatch.SEQUENCES_MAX,
                  inTokens ? ", here of %d tokens".formatted(segmentLength) : ""));
    }
    return (int) sequences;
  }

  private ConfigException refused(String allowed) {
    return new ConfigException(LogicalBatch.SIZE, this, allowed);
  }

  @Override
  public String toString() {
    return count + (inTokens ? " tokens" : "");
  }
}
