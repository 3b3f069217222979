package dev.remask.app;

import dev.remask.app.Letter.Origin;
import dev.remask.schemas.LogReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The dead letters that are kept, oldest first, and which origins were sent back. */
record Letters(List<Letter> all, Set<Origin> sentBack) {
  /** As they are now. */
  static Letters read(Map<String, Object> clients, String topic) {
    Letters letters = new Letters(new ArrayList<>(), new HashSet<>());
    LogReader.readRaw(clients, topic, letters::add);
    return letters;
  }

  /** The same once all transactions have ended that are open in them now. */
  static Letters readDecided(Map<String, Object> clients, String topic) {
    Letters letters = new Letters(new ArrayList<>(), new HashSet<>());
    LogReader.readDecided(clients, topic, letters::add);
    return letters;
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    if (Letter.saysSentBack(record)) {
      sentBack.add(Letter.origin(record));
    } else {
      all.add(Letter.of(record));
    }
  }

  boolean wasSentBack(Letter letter) {
    return sentBack.contains(letter.origin());
  }
}
