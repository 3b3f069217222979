package dev.remask.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.InvalidNumberEncodingException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad bytes against outages, as our serde and Confluent's report them (invariant 12). */
class DocumentDecoderTest {
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
            (topic, value) -> {
              throw cause;
            })
        .decode("documents", new RecordHeaders(), new byte[1]);
  }
}
