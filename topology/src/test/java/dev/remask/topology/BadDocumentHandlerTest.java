package dev.remask.topology;

import static dev.remask.topology.Fixture.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler.Response;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler.Result;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.internals.DefaultErrorHandlerContext;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BadDocumentHandlerTest {
  private final BadDocumentHandler handler = new BadDocumentHandler();

  BadDocumentHandlerTest() {
    handler.configure(Map.of("errors.dead.letter.queue.topic.name", "letters"));
  }

  static Exception[] notTheDocumentsFault() {
    return new Exception[] {
      new DisconnectException("registry"),
      new SerializationException("unknown schema"),
      new IllegalStateException("a broken invariant"),
      new StreamsException("a wrapped one", new BadDocument(BadDocument.Reason.EMPTY, "")),
      new NullPointerException(),
    };
  }

  @ParameterizedTest
  @MethodSource("notTheDocumentsFault")
  void everythingButABadDocumentStopsTheInstance(Exception exception) {
    Response response = handler.handleError(context(), record(), exception);
    assertThat(response.result()).isEqualTo(Result.FAIL);
    assertThat(response.deadLetterQueueRecords()).isEmpty();
  }

  @Test
  void aBadDocumentIsADeadLetterAndTheFlowGoesOn() {
    BadDocument bad = new BadDocument(BadDocument.Reason.TOO_LONG, "9 characters; at most 8");
    Response response = handler.handleError(context(), record(), bad);
    assertThat(response.result()).isEqualTo(Result.RESUME);
    assertThat(response.deadLetterQueueRecords()).hasSize(1);
    ProducerRecord<byte[], byte[]> letter = response.deadLetterQueueRecords().get(0);
    assertThat(letter.topic()).isEqualTo("letters");
    assertThat(letter.key()).isEqualTo(utf8("id"));
    assertThat(letter.value()).isEqualTo(utf8("text"));
    assertThat(letter.timestamp()).isEqualTo(99);
    assertThat(letter.headers().lastHeader("remask.reason").value()).isEqualTo(utf8("too-long"));
    assertThat(letter.headers().lastHeader("__streams.errors.offset").value())
        .isEqualTo(utf8("17"));
  }

  @Test
  void aHandlerWithoutATopicRefusesToStart() {
    assertThatThrownBy(() -> new BadDocumentHandler().configure(Map.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("errors.dead.letter.queue.topic.name");
  }

  private static Record<byte[], byte[]> record() {
    return new Record<>(utf8("id"), utf8("text"), 99);
  }

  /** Without the raw key and value, as Streams leaves it once a store was written. */
  private static ErrorHandlerContext context() {
    return new DefaultErrorHandlerContext(
        null,
        "documents",
        3,
        17,
        new RecordHeaders(),
        PackingTopology.PACK,
        new TaskId(0, 3),
        99,
        null,
        null);
  }
}
