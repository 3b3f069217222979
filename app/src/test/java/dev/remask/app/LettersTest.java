package dev.remask.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.remask.topology.BadDocument;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DeadLetter;
import dev.remask.topology.DeadLetter.Origin;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** Which letters are done when something was sent back. */
class LettersTest {
  private static final String TOPIC = "dead-letters";
  private static final byte[] KEY = "id".getBytes(UTF_8);
  private static final Origin LINE = new Origin("a.jsonl", -1, 3, null);
  private static final Origin RECORD = new Origin("documents", 0, 3, null);

  private final Letters letters = Letters.none();

  private void refused(long offset, Origin origin) {
    BadDocument bad = new BadDocument(Reason.EMPTY, "nothing");
    add(offset, DeadLetter.of(TOPIC, origin, KEY, new byte[0], bad));
  }

  private void sentBack(long offset, Origin origin) {
    add(offset, DeadLetter.sentBack(TOPIC, origin, KEY));
  }

  private void add(long offset, ProducerRecord<byte[], byte[]> record) {
    letters.add(
        new ConsumerRecord<>(
            TOPIC,
            0,
            offset,
            0,
            TimestampType.CREATE_TIME,
            0,
            0,
            record.key(),
            record.value(),
            record.headers(),
            Optional.empty()));
  }

  /** Another document stands in that line by then. */
  @Test
  void aLineThatIsRefusedAgainLaterIsNotDone() {
    refused(0, LINE);
    sentBack(1, LINE);
    refused(2, LINE);
    assertThat(letters.all()).extracting(letters::wasSentBack).containsExactly(true, false);
    sentBack(3, LINE);
    assertThat(letters.all()).extracting(letters::wasSentBack).containsExactly(true, true);
  }

  /** A packer that is begun again may tell of it twice. */
  @Test
  void aRecordThatWasSentBackIsDoneHoweverOftenItIsToldOf() {
    refused(0, RECORD);
    sentBack(1, RECORD);
    refused(2, RECORD);
    assertThat(letters.all()).extracting(letters::wasSentBack).containsExactly(true, true);
  }
}
