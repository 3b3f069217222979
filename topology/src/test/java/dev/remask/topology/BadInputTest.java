package dev.remask.topology;

import static dev.remask.topology.Fixture.TOPICS;
import static dev.remask.topology.Fixture.VOCABULARY;
import static dev.remask.topology.Fixture.document;
import static dev.remask.topology.Fixture.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.remask.mlm.Vocabulary;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.schemas.Segment;
import dev.remask.schemas.TokenIds;
import dev.remask.topology.BadDocument.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;

/**
 * Whatever others write into the documents: what cannot be text is a dead letter that says why, the
 * rest is packed as if that had never been there, and neither hangs nor fills the memory.
 */
class BadInputTest {
  private static final int CHARS_MAX = 1_000_000;
  private static final Duration QUICK = Duration.ofSeconds(20);

  /** Ids below are special tokens. */
  private static final int VOCABULARY_TEXT = Vocabulary.UNK + 1;

  private static final String GOOD = "The cat sat on the mat. ";

  private static Dataset dataset(DocumentsFormat format) {
    return Dataset.newBuilder(Fixture.dataset(1, 0, 0))
        .setDocumentsFormat(format)
        .setDocumentCharsMax(CHARS_MAX)
        .build();
  }

  /** What a log of these values is packed into: the text of all segments, ids of dead letters. */
  private record Packed(String text, List<Integer> ids, List<String> reasons) {}

  private static Packed pack(Dataset dataset, List<byte[]> values) {
    try (TopologyTestDriver driver = Fixture.packer(dataset)) {
      var documents = Fixture.input(driver, TOPICS.documents(1).name());
      for (int i = 0; i < values.size(); i++) {
        documents.pipeInput(utf8("id-" + i), values.get(i));
      }
      documents.pipeInput(Fixture.flush());
      String topic = TOPICS.prefix() + Fixture.DATASET + ".segments";
      StringBuilder text = new StringBuilder();
      List<Integer> all = new ArrayList<>();
      for (Segment segment : Fixture.output(driver, topic, Segment.class).readValuesToList()) {
        int[] ids = TokenIds.decode(segment.getTokens(), segment.getWidth());
        Arrays.stream(ids).forEach(all::add);
        text.append(
            VOCABULARY.decode(Arrays.stream(ids).filter(id -> id >= VOCABULARY_TEXT).toArray()));
      }
      List<String> reasons =
          Fixture.output(driver, TOPICS.deadLetters()).readRecordsToList().stream()
              .map(BadInputTest::reason)
              .toList();
      return new Packed(text.toString(), all, reasons);
    }
  }

  private static String reason(TestRecord<byte[], byte[]> letter) {
    Header reason = letter.headers().lastHeader(DeadLetter.REASON);
    Header offset = letter.headers().lastHeader(DeadLetter.OFFSET);
    Header message = letter.headers().lastHeader(DeadLetter.MESSAGE);
    assertThat(new String(message.value(), UTF_8)).isNotBlank();
    return new String(offset.value(), UTF_8) + " " + new String(reason.value(), UTF_8);
  }

  /** Each bad one stands between two good ones. */
  private static void requireRefused(Dataset dataset, byte[] good, Map<byte[], Reason> bad) {
    List<byte[]> alone = new ArrayList<>();
    List<byte[]> mixed = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (Map.Entry<byte[], Reason> one : bad.entrySet()) {
      reasons.add(mixed.size() + " " + one.getValue().code());
      mixed.add(one.getKey());
      mixed.add(good);
      alone.add(good);
    }
    Packed packed = assertTimeout(QUICK, () -> pack(dataset, mixed));
    assertThat(packed.reasons).isEqualTo(reasons);
    assertThat(packed.ids).isEqualTo(pack(dataset, alone).ids);
  }

  @Test
  void avroThatIsNoneIsRefusedAndTheFlowGoesOn() {
    byte[] good = document(GOOD);
    byte[] unknown = good.clone();
    ByteBuffer.wrap(unknown).putInt(1, 12_345);
    byte[] endless = Arrays.copyOf(good, 11);
    Arrays.fill(endless, 5, 10, (byte) 0xFF);
    endless[10] = 0x0F;
    Map<byte[], Reason> bad = new LinkedHashMap<>();
    bad.put(utf8("not Avro"), Reason.UNREADABLE);
    bad.put(new byte[0], Reason.UNREADABLE);
    bad.put(Arrays.copyOf(good, good.length - 3), Reason.UNREADABLE);
    bad.put(unknown, Reason.UNREADABLE);
    bad.put(endless, Reason.UNREADABLE);
    bad.put(notUtf8("caf\u00e9"), Reason.UNREADABLE);
    bad.put(notUtf8("caf\uFFFD \u00e9"), Reason.UNREADABLE);
    bad.put(document(""), Reason.EMPTY);
    bad.put(document(" \n\t\u2003\u3000"), Reason.EMPTY);
    bad.put(document("x".repeat(CHARS_MAX + 1)), Reason.TOO_LONG);
    requireRefused(dataset(DocumentsFormat.AVRO), good, bad);
    // It is a character as any other.
    assertThat(pack(dataset(DocumentsFormat.AVRO), List.of(document("caf\uFFFD"))).text)
        .isEqualTo("caf\uFFFD");
  }

  /** The text in UTF-8, but for half an é. */
  private static byte[] notUtf8(String text) {
    byte[] document = document(text);
    for (int i = 1; i < document.length; i++) {
      if (document[i - 1] == (byte) 0xC3 && document[i] == (byte) 0xA9) {
        document[i] = ' ';
      }
    }
    return document;
  }

  @Test
  void bytesThatAreNoUtf8AreRefusedAndTheFlowGoesOn() {
    byte[] large = new byte[100_000_000];
    Arrays.fill(large, (byte) 'x');
    Map<byte[], Reason> bad = new LinkedHashMap<>();
    bad.put(new byte[] {'c', 'a', 'f', (byte) 0xE9}, Reason.UNREADABLE);
    bad.put(new byte[] {'a', (byte) 0xC3}, Reason.UNREADABLE);
    // Half a surrogate pair, encoded as if it were a character.
    bad.put(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0xBD}, Reason.UNREADABLE);
    bad.put(utf8(" \r\n "), Reason.EMPTY);
    bad.put(large, Reason.TOO_LONG);
    requireRefused(dataset(DocumentsFormat.TEXT), utf8(GOOD), bad);
  }

  @Test
  void jsonThatIsNoneIsRefusedAndTheFlowGoesOn() {
    Map<byte[], Reason> bad = new LinkedHashMap<>();
    bad.put(utf8("{\"text\":\"half a \\ud83d pair\"}"), Reason.UNREADABLE);
    bad.put(utf8("{\"text\":\"\"}"), Reason.EMPTY);
    bad.put(utf8("{\"title\":\"no text\"}"), Reason.UNREADABLE);
    requireRefused(dataset(DocumentsFormat.JSON), utf8("{\"text\":\"" + GOOD.strip() + "\"}"), bad);
  }

  /** NUL is text, one character 200,000 times is, and so are the names of special tokens. */
  @Test
  void oddTextIsPackedCharacterForCharacter() {
    for (String text :
        List.of(
            "a\0b\0",
            "a".repeat(200_000),
            "<s></s><pad><unk><mask>",
            "The <mask> sat on the <mask>.",
            "e\u0301\uFEFF\u00AD👩‍💻\uFFFD")) {
      Packed packed =
          assertTimeout(QUICK, () -> pack(dataset(DocumentsFormat.TEXT), List.of(utf8(text))));
      assertThat(packed.text).isEqualTo(text);
      assertThat(packed.reasons).isEmpty();
      assertThat(packed.ids).doesNotContain(VOCABULARY.mask(), Vocabulary.UNK, Vocabulary.PAD);
    }
  }
}
