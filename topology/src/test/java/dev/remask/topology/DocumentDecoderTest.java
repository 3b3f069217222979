package dev.remask.topology;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.remask.schemas.Dataset;
import dev.remask.schemas.Document;
import dev.remask.schemas.DocumentIds;
import dev.remask.schemas.DocumentsFormat;
import dev.remask.topology.BadDocument.Reason;
import dev.remask.topology.DocumentDecoder.Decoded;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.InvalidNumberEncodingException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every form of documents; and bad bytes against outages, as our serde and Confluent's report them
 * (invariant 12).
 */
class DocumentDecoderTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  static RuntimeException[] badBytes() {
    return new RuntimeException[] {
      new SerializationException("Unknown magic byte!"),
      new SerializationException("Error deserializing", new EOFException()),
      new SerializationException("Error deserializing", new AvroRuntimeException("malformed")),
      new SerializationException(
          "Error deserializing", new InvalidNumberEncodingException("too long")),
      new SerializationException(
          "Error deserializing", new IllegalStateException(new EOFException())),
    };
  }

  static RuntimeException[] outages() {
    return new RuntimeException[] {
      new DisconnectException("cannot reach"),
      new TimeoutException("no answer"),
      new AuthenticationException("401"),
      new SerializationException("Error retrieving schema", new ConnectException("refused")),
      new SerializationException("Error retrieving schema", new IOException("reset by peer")),
      new SerializationException(
          "Error retrieving schema", new RuntimeException(new ConnectException("refused"))),
      new IllegalStateException("a bug"),
    };
  }

  @ParameterizedTest
  @MethodSource("badBytes")
  void badBytesAreABadDocument(RuntimeException cause) {
    assertThatThrownBy(() -> decode(cause))
        .isInstanceOfSatisfying(
            BadDocument.class,
            bad -> assertThat(bad.reason()).isEqualTo(BadDocument.Reason.UNREADABLE))
        .hasCause(cause);
  }

  @ParameterizedTest
  @MethodSource("outages")
  void anythingElseStaysWhatItIs(RuntimeException cause) {
    assertThatThrownBy(() -> decode(cause)).isSameAs(cause);
  }

  private static void decode(RuntimeException cause) {
    DocumentDecoder.avro(
            record -> "id",
            (topic, value) -> {
              throw cause;
            })
        .decode(record(null, new byte[1]));
  }

  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] key, byte[] value) {
    return new ConsumerRecord<>("documents", 3, 17, key, value);
  }

  private static Dataset dataset(DocumentsFormat format, DocumentIds ids) {
    return Dataset.newBuilder(Fixture.dataset(4, 0, 0))
        .setDocumentsFormat(format)
        .setDocumentIds(ids)
        .setDocumentIdField("meta.id")
        .setDocumentTextField("body.text")
        .build();
  }

  private static DocumentDecoder decoder(DocumentsFormat format, DocumentIds ids) {
    return DocumentDecoder.of(dataset(format, ids), Fixture.CLIENTS);
  }

  private static BadDocument bad(DocumentDecoder decoder, ConsumerRecord<byte[], byte[]> record) {
    return catchThrowableOfType(BadDocument.class, () -> decoder.decode(record));
  }

  /** Whatever its key, its bytes and its text are: it is the text, or it is refused. */
  @Property
  void plainTextIsTheTextItself(@ForAll String text, @ForAll byte @Nullable [] key) {
    DocumentDecoder decoder = decoder(DocumentsFormat.TEXT, DocumentIds.PLACE);
    byte[] value = text.getBytes(UTF_8);
    if (new String(value, UTF_8).equals(text)) {
      assertThat(decoder.decode(record(key, value))).isEqualTo(new Decoded("3-17", text));
    }
    byte[] cut = Arrays.copyOf(value, Math.max(0, value.length - 1));
    if (value.length > 0 && value[value.length - 1] < 0) {
      assertThat(bad(decoder, record(key, cut)).reason()).isEqualTo(Reason.UNREADABLE);
    }
  }

  /** A label is no reason to lose a text, and no way to fill the segments either. */
  @Property
  void aSourceIsCutAndAnEmptyOneSaysNothing(@ForAll @StringLength(max = 600) String source) {
    String known = new Decoded("i", "t", source).source();
    if (source.isEmpty()) {
      assertThat(known).isNull();
    } else if (source.length() <= 256) {
      assertThat(known).isEqualTo(source);
    } else {
      assertThat(source).startsWith(known);
      boolean pair = Character.isHighSurrogate(source.charAt(255));
      assertThat(known).hasSize(pair ? 255 : 256);
    }
  }

  @Test
  void aJsonSourceIsWhereTheFieldIsAString() {
    DocumentDecoder decoder =
        DocumentDecoder.of(
            Dataset.newBuilder(dataset(DocumentsFormat.JSON, DocumentIds.PLACE))
                .setDocumentSourceField("meta.from")
                .build(),
            Fixture.CLIENTS);
    for (String meta : List.of("{\"from\":7}", "{\"from\":null}", "{}", "3", "{\"from\":\"\"}")) {
      assertThat(source(decoder, meta)).as(meta).isNull();
    }
    assertThat(source(decoder, "{\"from\":\"wire\"}")).isEqualTo("wire");
  }

  private static @Nullable String source(DocumentDecoder decoder, String meta) {
    String json = "{\"body\":{\"text\":\"t\"},\"meta\":" + meta + "}";
    return decoder.decode(record(null, json.getBytes(UTF_8))).source();
  }

  @Property
  void anyBytesAreTextOrUnreadable(@ForAll byte[] value) {
    DocumentDecoder decoder = decoder(DocumentsFormat.TEXT, DocumentIds.PLACE);
    boolean isUtf8 = Arrays.equals(new String(value, UTF_8).getBytes(UTF_8), value);
    try {
      assertThat(decoder.decode(record(null, value)).text().getBytes(UTF_8)).isEqualTo(value);
      assertThat(isUtf8).isTrue();
    } catch (BadDocument e) {
      assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
      assertThat(isUtf8).isFalse();
    }
  }

  /** As Avro's own decoder reads it, which Confluent's serde uses; also from a field of bytes. */
  @Property
  void avroIsTheTextAndSourceOrUnreadable(
      @ForAll("somethingLikeUtf8") byte[] text, @ForAll("somethingLikeUtf8") byte[] source)
      throws IOException {
    byte[] payload = payload(text, source);
    for (boolean fromBytes : new boolean[] {false, true}) {
      DocumentDecoder decoder =
          DocumentDecoder.avro(DocumentId::place, (topic, value) -> lenient(value, fromBytes));
      if (isUtf8(text) && isUtf8(source)) {
        Decoded decoded = decoder.decode(record(null, payload));
        assertThat(decoded.text().getBytes(UTF_8)).isEqualTo(text);
      } else {
        BadDocument bad = bad(decoder, record(null, payload));
        assertThat(bad.reason()).isEqualTo(Reason.UNREADABLE);
        assertThat(bad).hasMessageContaining("not UTF-8");
      }
    }
  }

  @Provide
  Arbitrary<byte[]> somethingLikeUtf8() {
    return Arbitraries.of("a", "\uFFFD", "é", "\uD83D\uDE00")
        .map(text -> text.getBytes(UTF_8))
        .flatMap(
            bytes ->
                Arbitraries.frequency(
                        Tuple.of(5, bytes.length), Tuple.of(1, Math.max(1, bytes.length - 1)))
                    .map(length -> Arrays.copyOf(bytes, length)))
        .list()
        .ofMaxSize(6)
        .map(
            parts -> {
              ByteArrayOutputStream all = new ByteArrayOutputStream();
              parts.forEach(all::writeBytes);
              return all.toByteArray();
            });
  }

  private static byte[] payload(byte[] text, byte[] source) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    encoder.writeBytes(text);
    encoder.writeIndex(1);
    encoder.writeBytes(source);
    return out.toByteArray();
  }

  private static Document lenient(byte[] payload, boolean fromBytes) {
    Schema written = Document.getClassSchema();
    if (fromBytes) {
      written =
          SchemaBuilder.record("Document")
              .namespace("dev.remask.schemas")
              .fields()
              .requiredBytes("text")
              .optionalBytes("source")
              .endRecord();
    }
    try {
      return new SpecificDatumReader<Document>(written, Document.getClassSchema())
          .read(null, DecoderFactory.get().binaryDecoder(payload, null));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A key is the id, byte for byte, or it is refused: two keys never become one id. */
  @Property
  void anyKeyIsAnIdOrRefused(@ForAll byte @Nullable [] key) {
    DocumentDecoder decoder = decoder(DocumentsFormat.TEXT, DocumentIds.KEY);
    try {
      assertThat(decoder.decode(record(key, new byte[0])).id().getBytes(UTF_8)).isEqualTo(key);
    } catch (BadDocument e) {
      assertThat(e.reason()).isEqualTo(Reason.BAD_ID);
      assertThat(key == null || key.length == 0 || !isUtf8(key)).isTrue();
    }
  }

  private static boolean isUtf8(byte[] bytes) {
    return Arrays.equals(new String(bytes, UTF_8).getBytes(UTF_8), bytes);
  }

  /** Written by Jackson's tree, among fields that look alike. */
  @Property
  void theFieldsOfAnObjectAreFoundWhereverTheyAre(
      @ForAll @StringLength(max = 50) String text,
      @ForAll @StringLength(min = 1, max = 50) String id,
      @ForAll boolean textFirst) {
    ObjectNode noise = JSON.objectNode().put("text", "no").put("id", "no").putNull("body.text");
    ObjectNode meta = JSON.objectNode().put("text", 1);
    meta.set("meta", noise);
    meta.put("id", id);
    ObjectNode body = JSON.objectNode();
    body.set("array", JSON.arrayNode().add(noise).add(1.5));
    body.put("text", text).put("id", true);
    ObjectNode object = JSON.objectNode().put("id", "no");
    object.set(textFirst ? "body" : "meta", textFirst ? body : meta);
    object.set("noise", noise);
    object.set(textFirst ? "meta" : "body", textFirst ? meta : body);
    DocumentDecoder decoder = decoder(DocumentsFormat.JSON, DocumentIds.FIELD);
    ConsumerRecord<byte[], byte[]> record = record(null, object.toString().getBytes(UTF_8));
    boolean encodable = UTF_8.newEncoder().canEncode(id + text);
    boolean shortId = id.getBytes(UTF_8).length <= DocumentId.BYTES_MAX;
    if (encodable && shortId) {
      assertThat(decoder.decode(record)).isEqualTo(new Decoded(id, text));
    }
  }

  /** What is cut anywhere is refused, and nothing but refused. */
  @Property
  void aPrefixOfAnObjectIsUnreadable(@ForAll @IntRange(max = 52) int length) {
    String object = "{\"meta\":{\"id\":-12},\"body\":{\"text\":\"\\u00e9\\\"\"},\"x\":[1,{}]}";
    DocumentDecoder decoder = decoder(DocumentsFormat.JSON, DocumentIds.FIELD);
    assertThat(decoder.decode(record(null, object.getBytes(UTF_8))))
        .isEqualTo(new Decoded("-12", "é\""));
    String cut = object.substring(0, Math.min(length, object.length() - 1));
    assertThat(bad(decoder, record(null, cut.getBytes(UTF_8))).reason())
        .isEqualTo(Reason.UNREADABLE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``                                                          | UNREADABLE | JSON object",
        "null                                                        | UNREADABLE | JSON object",
        "[]                                                          | UNREADABLE | JSON object",
        "`\"text\"`                                                  | UNREADABLE | JSON object",
        "{'meta':{'id':1},'body':{}}                                 | UNREADABLE | body.text is missing",
        "{'meta':{'id':1}}                                           | UNREADABLE | body.text is missing",
        "{'meta':{'id':1},'body':'text'}                             | UNREADABLE | body.text is missing",
        "{'meta':{'id':1},'body':[{'text':'a'}]}                     | UNREADABLE | body.text is missing",
        "{'meta':{'id':1},'body':{'text':null}}                      | UNREADABLE | body.text is null",
        "{'meta':{'id':1},'body':{'text':7}}                         | UNREADABLE | body.text is a number",
        "{'meta':{'id':1},'body':{'text':true}}                      | UNREADABLE | body.text is a truth",
        "{'meta':{'id':1},'body':{'text':['a']}}                     | UNREADABLE | body.text is an array",
        "{'meta':{'id':1},'body':{'text':{'text':'a'}}}              | UNREADABLE | body.text is an object",
        "{'meta':{'id':1},'body':{'text':'a','text':'b'}}            | UNREADABLE | text is there twice",
        "{'meta':{'id':1},'body':{'text':'a'},'body':{}}             | UNREADABLE | body is there twice",
        "{'meta':{'id':1},'body':{'text':'\\ud83d'}}                 | UNREADABLE | surrogate",
        "{'meta':{'id':1},'body':{'text':'a'}} {}                    | UNREADABLE | follows",
        "{'meta':{'id':1},'body':{'text':'a'}}}                      | UNREADABLE | JSON",
        "{'meta':{'id':1},'body':{'text':'a'},}                      | UNREADABLE | JSON",
        "{'meta':{'id':1},'body':{'text':'a'},'x':NaN}               | UNREADABLE | JSON",
        "{'meta':{'id':1},'body':{'text':'a'}/**/}                   | UNREADABLE | JSON",
        "{'body':{'text':'a'}}                                       | BAD_ID     | meta.id is missing",
        "{'meta':{'id':null},'body':{'text':'a'}}                    | BAD_ID     | meta.id is null",
        "{'meta':{'id':1.5},'body':{'text':'a'}}                     | BAD_ID     | meta.id is a number",
        "{'meta':{'id':1e3},'body':{'text':'a'}}                     | BAD_ID     | meta.id is a number",
        "{'meta':{'id':{}},'body':{'text':'a'}}                      | BAD_ID     | meta.id is an object",
        "{'meta':{'id':''},'body':{'text':'a'}}                      | BAD_ID     | 0 bytes of id",
        "{'meta':{'id':'\\udc00'},'body':{'text':'a'}}               | BAD_ID     | surrogate",
      })
  void aBadObjectSaysWhy(String json, Reason reason, String detail) {
    BadDocument bad =
        bad(
            decoder(DocumentsFormat.JSON, DocumentIds.FIELD),
            record(null, json.replace('\'', '"').getBytes(UTF_8)));
    assertThat(bad.reason()).isEqualTo(reason);
    assertThat(bad).hasMessageContaining(detail);
  }

  /** A stack, a heap or a second of work is not to be had for a record. */
  @Test
  void hostileObjectsAreRefusedOrRead() {
    DocumentDecoder decoder = decoder(DocumentsFormat.JSON, DocumentIds.FIELD);
    String good = "\"meta\":{\"id\":\"a\"},\"body\":{\"text\":\"b\"}";
    int many = 100_000;
    String[] refused = {
      "[".repeat(many),
      "{\"x\":" + "[".repeat(many) + "]".repeat(many) + "," + good + "}",
      "{\"x\":" + "{\"x\":".repeat(many) + "1" + "}".repeat(many) + "," + good + "}",
      "{\"x\":" + "1".repeat(many) + "," + good + "}",
      "{\"" + "x".repeat(many) + "\":1," + good + "}",
    };
    for (String json : refused) {
      BadDocument bad = bad(decoder, record(null, json.getBytes(UTF_8)));
      assertThat(bad.reason()).isEqualTo(Reason.UNREADABLE);
      assertThat(String.valueOf(bad.getMessage()).length()).isLessThan(1000);
    }
    StringBuilder wide = new StringBuilder("{");
    for (int i = 0; i < many; i++) {
      wide.append("\"f").append(i).append("\":[{},[]],");
    }
    wide.append(good).append('}');
    assertThat(decoder.decode(record(null, wide.toString().getBytes(UTF_8))))
        .isEqualTo(new Decoded("a", "b"));
  }

  @Test
  void idsAreAtMostSoLong() {
    DocumentDecoder decoder = decoder(DocumentsFormat.JSON, DocumentIds.FIELD);
    for (int bytes : new int[] {1, 1023, 1024, 1025, 5000}) {
      String id = "é".repeat(bytes / 2) + "x".repeat(bytes % 2);
      String json = "{\"meta\":{\"id\":\"" + id + "\"},\"body\":{\"text\":\"b\"}}";
      ConsumerRecord<byte[], byte[]> record = record(null, json.getBytes(UTF_8));
      if (bytes <= DocumentId.BYTES_MAX) {
        assertThat(decoder.decode(record).id()).isEqualTo(id);
      } else {
        assertThat(bad(decoder, record).reason()).isEqualTo(Reason.BAD_ID);
      }
    }
  }

  @Test
  void whatCannotBeReadSoIsRefusedByTheSettingsName() {
    Map<Dataset, String> refused =
        Map.of(
            dataset(DocumentsFormat.UNKNOWN, DocumentIds.KEY),
            "documents.format",
            dataset(DocumentsFormat.TEXT, DocumentIds.UNKNOWN),
            "documents.id",
            dataset(DocumentsFormat.TEXT, DocumentIds.FIELD),
            "documents.id",
            dataset(DocumentsFormat.AVRO, DocumentIds.FIELD),
            "documents.id",
            Dataset.newBuilder(dataset(DocumentsFormat.JSON, DocumentIds.KEY))
                .setDocumentTextField("a..b")
                .build(),
            "documents.text.field",
            Dataset.newBuilder(dataset(DocumentsFormat.JSON, DocumentIds.FIELD))
                .setDocumentIdField("")
                .build(),
            "documents.id.field");
    refused.forEach(
        (dataset, setting) -> {
          assertThatThrownBy(() -> DocumentDecoder.of(dataset, Fixture.CLIENTS))
              .isInstanceOf(ConfigException.class)
              .hasMessageContaining("configuration " + setting + ":");
          assertThatThrownBy(() -> Fixture.packer(dataset, record -> new Decoded("", "")))
              .isInstanceOf(ConfigException.class);
        });
  }
}
