package dev.remask.topology;

import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Invariant 12: a {@link BadDocument} becomes a dead letter, in the transaction that counts it;
 * everything else, an outage or a broken invariant, stops the instance. Kafka's own continue
 * handler would skip those too. The dead letters' topic is Kafka's {@code
 * errors.dead.letter.queue.topic.name}.
 */
public final class BadDocumentHandler implements ProcessingExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(BadDocumentHandler.class);

  private String deadLetters = "";

  @Override
  public void configure(Map<String, ?> config) {
    Object topic = config.get(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG);
    if (topic == null) {
      throw new IllegalStateException(
          StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG + " is not set");
    }
    deadLetters = topic.toString();
  }

  @Override
  public Response handleError(
      ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
    if (!(exception instanceof BadDocument bad)) {
      return Response.fail();
    }
    LOG.debug(
        "{}-{}@{} is a dead letter: {}",
        context.topic(),
        context.partition(),
        context.offset(),
        bad.getMessage());
    DeadLetter.Origin origin =
        new DeadLetter.Origin(
            context.topic(), context.partition(), context.offset(), context.timestamp());
    // From the record, not from the context: Streams frees the context's copy when a store is
    // written.
    return Response.resume(
        List.of(
            DeadLetter.of(deadLetters, origin, bytes(record.key()), bytes(record.value()), bad)));
  }

  private static byte @Nullable [] bytes(@Nullable Object raw) {
    return raw instanceof byte[] bytes ? bytes : null;
  }
}
