package dev.remask.app;

import dev.remask.schemas.AvroSerdes;
import dev.remask.schemas.Books;
import dev.remask.schemas.ClientConfigs;
import dev.remask.schemas.Segment;
import dev.remask.schemas.SequenceKey;
import dev.remask.schemas.TokenIds;
import dev.remask.schemas.Topic;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * A log of segments that nobody packed, of which each is a function of its place: so many, so fast,
 * that an epoch of them can be judged without reading them back.
 *
 * @param vocabularySize of the dataset; special tokens but the first and the last are not drawn
 * @param length of every segment in tokens
 * @param ends how many there are, per partition {@code [P]}
 */
record RandomSegments(int vocabularySize, int length, long[] ends) {
  private static final int FIRST_ORDINARY = 4;

  int[] tokens(int partition, long sequence) {
    SplittableRandom random = new SplittableRandom(sequence * ends.length + partition);
    int[] tokens =
        random.ints(length, FIRST_ORDINARY, vocabularySize - 1).toArray(); // <mask> is the last one
    tokens[0] = 0;
    tokens[length - 1] = 2;
    return tokens;
  }

  /** In the place of a packer, which must have nothing to pack. */
  void write(Map<String, Object> clients, Topic<Segment> topic) {
    write(clients, topic, new long[ends.length]);
  }

  /**
   * @param from the sequences up to which they are there already, per partition {@code [P]}
   */
  void write(Map<String, Object> clients, Topic<Segment> topic, long[] from) {
    ByteArraySerializer bytes = new ByteArraySerializer();
    Serializer<Segment> values = AvroSerdes.of(Segment.class, clients).serializer();
    try (var producer = new KafkaProducer<>(ClientConfigs.producer(clients), bytes, bytes)) {
      for (int p = 0; p < ends.length; p++) {
        for (long s = from[p]; s < ends[p]; s++) {
          byte[] key = new SequenceKey(p, s).encode();
          byte[] value = values.serialize(topic.name(), segment(p, s));
          var unused = producer.send(new ProducerRecord<>(topic.name(), p, key, value));
        }
      }
      producer.flush();
    }
  }

  private Segment segment(int partition, long sequence) {
    var width = TokenIds.widthFor(vocabularySize);
    var tokens = TokenIds.encode(tokens(partition, sequence), width);
    return new Segment(
        partition, sequence, width, tokens, List.of(), -1, null, Books.newBuilder().build());
  }
}
