package dev.remask.app;

import dev.remask.app.Letter.Origin;
import dev.remask.schemas.LogReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The dead letters that are kept, oldest first, and which origins were sent back. A record of a
 * topic stays what it is; at a place of a file another document may be refused later, so only the
 * letters before what says so are done.
 *
 * @param sentBack by origin, the offset of the last record that says so
 */
record Letters(List<Letter> all, Map<Origin, Long> sentBack) {
  static Letters none() {
    return new Letters(new ArrayList<>(), new HashMap<>());
  }

  /** As they are now. */
  static Letters read(Map<String, Object> clients, String topic) {
    Letters letters = none();
    LogReader.readRaw(clients, topic, letters::add);
    return letters;
  }

  /** The same once all transactions have ended that are open in them now. */
  static Letters readDecided(Map<String, Object> clients, String topic) {
    Letters letters = none();
    LogReader.readDecided(clients, topic, letters::add);
    return letters;
  }

  void add(ConsumerRecord<byte[], byte[]> record) {
    if (Letter.saysSentBack(record)) {
      sentBack.merge(Letter.origin(record), record.offset(), Math::max);
    } else {
      all.add(Letter.of(record));
    }
  }

  boolean wasSentBack(Letter letter) {
    Long last = sentBack.get(letter.origin());
    return last != null && (!letter.origin().isFile() || letter.offset() < last);
  }
}
