package dev.remask.schemas;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.TimeoutException;

/** A registry's refusal: an HTTP status, and the code of Confluent's REST interface. */
final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final int code;

  RegistryException(int status, int code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** With a code of five digits, whose first three are the status. */
  RegistryException(int code, String message) {
    this(code / 100, code, message);
  }

  int status() {
    return status;
  }

  int code() {
    return code;
  }

  /**
   * The refusal as Kafka's clients and Streams understand it, as {@link RegistryClient} promises.
   *
   * @param request what was asked, for the message
   */
  KafkaException toKafka(String request) {
    String text = request + " was answered " + status + " (" + code + ": " + getMessage() + ")";
    return switch (status) {
      case 401 -> new AuthenticationException(text);
      case 403 -> new AuthorizationException(text);
      case 429 -> new ThrottlingQuotaExceededException(text);
      case 408, 500, 503, 504 -> new TimeoutException(text);
      case 404 -> isAboutWhatWasAsked() ? new SerializationException(text, this) : astray(text);
      case 409, 422 -> new SerializationException(text, this);
      default -> astray(text);
    };
  }

  /** Else the path is not there: something in between has answered. */
  private boolean isAboutWhatWasAsked() {
    return code == SchemaRegistry.SUBJECT_NOT_FOUND
        || code == SchemaRegistry.VERSION_NOT_FOUND
        || code == SchemaRegistry.SCHEMA_NOT_FOUND;
  }

  /** A proxy, a redirect, a registry that is not up yet: no record is to blame. */
  private static KafkaException astray(String text) {
    return new DisconnectException(text);
  }
}
