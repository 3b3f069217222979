package dev.remask.schemas;

import org.apache.avro.Schema;

/**
 * The three questions a serde asks a schema registry. Thread-safe.
 *
 * <p>An outage ends in a {@link org.apache.kafka.common.errors.RetriableException}, and so does a
 * refusal that no registry would give; a refused login ends in an {@link
 * org.apache.kafka.common.errors.AuthenticationException}, a lack of rights in an {@link
 * org.apache.kafka.common.errors.AuthorizationException}, and what is wrong with the record or its
 * schema in a {@link org.apache.kafka.common.errors.SerializationException}. Who sorts bad records
 * from bad days relies on it.
 */
interface RegistryClient {
  /** The id of the schema in this subject; registers it if it is new. */
  int register(String subject, Schema schema);

  /** The id of a schema that is registered in this subject. */
  int lookup(String subject, Schema schema);

  /**
   * The schema of an id.
   *
   * @param subject where it was met, a hint for registries that hold ids per context
   */
  Schema schema(int id, String subject);
}
