package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.Encoder;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

/** Against Avro's own encoder and decoder. */
class BoundedDecoderTest {
  private static final Schema EVERY_TYPE =
      new Schema.Parser()
          .parse(
              """
              {"type":"record","name":"R","fields":[
                {"name":"n","type":"null"},
                {"name":"z","type":"boolean"},
                {"name":"i","type":"int"},
                {"name":"l","type":"long"},
                {"name":"f","type":"float"},
                {"name":"d","type":"double"},
                {"name":"b","type":"bytes"},
                {"name":"s","type":"string"},
                {"name":"x","type":{"type":"fixed","name":"F","size":3}},
                {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
                {"name":"a","type":{"type":"array","items":"string"}},
                {"name":"m","type":{"type":"map","values":"long"}},
                {"name":"u","type":["null","int"]},
                {"name":"last","type":"int"}]}
              """);

  /** The last field alone: all others are skipped. */
  private static final Schema LAST =
      new Schema.Parser()
          .parse(
              "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"last\",\"type\":\"int\"}]}");

  private static byte[] encode(boolean blocks, GenericRecord record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Encoder encoder =
        blocks
            ? new EncoderFactory().configureBlockSize(64).blockingBinaryEncoder(out, null)
            : EncoderFactory.get().binaryEncoder(out, (BinaryEncoder) null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static Object decode(Schema reader, Decoder decoder) throws IOException {
    return new GenericDatumReader<>(EVERY_TYPE, reader).read(null, decoder);
  }

  @Property(tries = 500)
  void readsAndSkipsWhatAvroWrites(
      @ForAll boolean blocks,
      @ForAll boolean z,
      @ForAll int i,
      @ForAll long l,
      @ForAll float f,
      @ForAll double d,
      @ForAll byte[] b,
      @ForAll @Size(3) byte[] x,
      @ForAll List<String> a,
      @ForAll @Size(max = 9) Map<String, Long> m)
      throws IOException {
    GenericRecord record = new GenericData.Record(EVERY_TYPE);
    record.put("z", z);
    record.put("i", i);
    record.put("l", l);
    record.put("f", f);
    record.put("d", d);
    record.put("b", ByteBuffer.wrap(b));
    record.put("s", a.toString());
    record.put("x", new GenericData.Fixed(EVERY_TYPE.getField("x").schema(), x));
    record.put("e", new GenericData.EnumSymbol(EVERY_TYPE.getField("e").schema(), z ? "A" : "B"));
    record.put("a", a);
    record.put("m", m);
    record.put("u", z ? null : i);
    record.put("last", i);
    byte[] bytes = encode(blocks, record);

    BoundedDecoder decoder = new BoundedDecoder(bytes, 0);
    Object avro = decode(EVERY_TYPE, DecoderFactory.get().binaryDecoder(bytes, null));
    assertThat(decode(EVERY_TYPE, decoder)).isEqualTo(avro);
    assertThat(decoder.remaining()).isZero();

    BoundedDecoder skipping = new BoundedDecoder(bytes, 0);
    assertThat(((GenericRecord) decode(LAST, skipping)).get("last")).isEqualTo(i);
    assertThat(skipping.remaining()).isZero();
  }

  @Property
  void readsEveryNumber(@ForAll int i, @ForAll long l) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    encoder.writeInt(i);
    encoder.writeLong(l);
    encoder.flush();
    BoundedDecoder decoder = new BoundedDecoder(out.toByteArray(), 0);
    assertThat(decoder.readInt()).isEqualTo(i);
    assertThat(decoder.readLong()).isEqualTo(l);
  }

  /** Lengths of up to 2^63 and -2^63 in a few bytes: none is allocated, none loops. */
  @Property
  void aLengthBeyondTheBytesIsRefused(@ForAll long length) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    encoder.writeLong(length);
    encoder.flush();
    byte[] bytes = out.toByteArray();
    if (length != 0) {
      assertThatThrownBy(() -> new BoundedDecoder(bytes, 0).readBytes(null))
          .isInstanceOf(EOFException.class);
      assertThatThrownBy(() -> new BoundedDecoder(bytes, 0).readString())
          .isInstanceOf(EOFException.class);
      assertThatThrownBy(() -> new BoundedDecoder(bytes, 0).skipString())
          .isInstanceOf(EOFException.class);
      assertThatThrownBy(() -> new BoundedDecoder(bytes, 0).readArrayStart())
          .isInstanceOf(EOFException.class);
      assertThatThrownBy(() -> new BoundedDecoder(bytes, 0).skipMap())
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void aNumberThatNeverEndsIsRefused() {
    byte[] endless = new byte[11];
    Arrays.fill(endless, (byte) 0xFF);
    assertThatThrownBy(() -> new BoundedDecoder(endless, 0).readLong())
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> new BoundedDecoder(endless, 0).readInt())
        .isInstanceOf(IOException.class);
  }
}
