package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;

class WireFormatTest {
  private static final String URL = "mock://" + UUID.randomUUID();
  private static final Serializer<Segment> SERIALIZER =
      AvroSerdes.of(Segment.class, Samples.registry(URL)).serializer();
  private static final Deserializer<Segment> DESERIALIZER =
      AvroSerdes.of(Segment.class, Samples.registry(URL)).deserializer();

  @Property
  void everyIdComesBack(@ForAll int id) {
    byte[] prefix = WireFormat.prefix(id);
    assertThat(prefix).hasSize(5).startsWith(0);
    assertThat(WireFormat.schemaId(prefix)).isEqualTo(id);
  }

  @Test
  void theIdIsBigEndian() {
    assertThat(WireFormat.prefix(0x01020304)).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void nothingStaysNothing() {
    assertThat(SERIALIZER.serialize("t", null)).isNull();
    assertThat(DESERIALIZER.deserialize("t", (byte[]) null)).isNull();
  }

  @Test
  void otherFormatsAreRefused() {
    byte[] valid = SERIALIZER.serialize("t", Samples.segment());
    byte[] otherMagic = valid.clone();
    otherMagic[0] = 1;
    assertRefused(otherMagic, "starts with byte 1");
    assertRefused(new byte[0], "0 bytes is too short");
    assertRefused(Arrays.copyOf(valid, 4), "4 bytes is too short");
    assertRefused(Arrays.copyOf(valid, valid.length + 1), "1 bytes follow");
    byte[] unknownId = valid.clone();
    unknownId[1] = 99;
    assertRefused(unknownId, "40403");
  }

  /** Confluent's readers would believe the header, and read the value under another schema. */
  @Test
  void aHeaderThatWasCopiedFromAnotherRecordIsDropped() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("__value_schema_id", new byte[17]).add("__key_schema_id", new byte[17]);
    headers.add("other", new byte[1]);
    SERIALIZER.serialize("t", headers, Samples.segment());
    assertThat(headers.toArray()).hasSize(1);
    assertThat(headers.lastHeader("other")).isNotNull();
  }

  @Test
  void anIdInAHeaderIsRefusedAsItWouldBeMisread() {
    byte[] valid = SERIALIZER.serialize("t", Samples.segment());
    RecordHeaders headers = new RecordHeaders();
    headers.add("__value_schema_id", new byte[17]);
    assertThatThrownBy(() -> DESERIALIZER.deserialize("t", headers, valid))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining("__value_schema_id");
  }

  @Test
  void aPayloadCutAnywhereIsRefused() {
    byte[] valid = SERIALIZER.serialize("t", Samples.segment());
    for (int length = 0; length < valid.length; length++) {
      assertRefused(Arrays.copyOf(valid, length), "");
    }
  }

  /** Every byte of a valid payload in turn takes every value. */
  @Test
  void aPayloadWithOneWrongByteIsRefusedOrIsAnotherSegment() {
    byte[] valid = SERIALIZER.serialize("t", Samples.segment());
    for (int at = WireFormat.PREFIX_BYTES; at < valid.length; at++) {
      for (int value = 0; value < 256; value++) {
        byte[] payload = valid.clone();
        payload[at] = (byte) value;
        try {
          assertThat(DESERIALIZER.deserialize("t", payload)).isNotNull();
        } catch (SerializationException e) {
          assertThat(e).isExactlyInstanceOf(SerializationException.class);
        }
      }
    }
  }

  @Property
  void anyBytesAreRefusedOrAreASegment(@ForAll byte[] bytes) {
    byte[] payload =
        Arrays.copyOf(WireFormat.prefix(registeredId()), WireFormat.PREFIX_BYTES + bytes.length);
    System.arraycopy(bytes, 0, payload, WireFormat.PREFIX_BYTES, bytes.length);
    try {
      assertThat(DESERIALIZER.deserialize("t", payload)).isNotNull();
    } catch (SerializationException e) {
      assertThat(e).isExactlyInstanceOf(SerializationException.class);
    }
  }

  private static int registeredId() {
    return WireFormat.schemaId(SERIALIZER.serialize("t", Samples.segment()));
  }

  private static void assertRefused(byte[] payload, String reason) {
    assertThatThrownBy(() -> DESERIALIZER.deserialize("t", payload))
        .isExactlyInstanceOf(SerializationException.class)
        .hasMessageContaining(reason);
  }
}
