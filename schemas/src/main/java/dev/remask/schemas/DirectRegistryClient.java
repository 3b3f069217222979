package dev.remask.schemas;

import java.util.function.Supplier;
import org.apache.avro.Schema;

/** A client of a registry in the same process. */
final class DirectRegistryClient implements RegistryClient {
  private final SchemaRegistry registry;

  DirectRegistryClient(SchemaRegistry registry) {
    this.registry = registry;
  }

  @Override
  public int register(String subject, Schema schema) {
    return ask("register in " + subject, () -> registry.register(subject, schema.toString()).id());
  }

  @Override
  public int lookup(String subject, Schema schema) {
    return ask("lookup in " + subject, () -> registry.lookup(subject, schema.toString()).id());
  }

  @Override
  public Schema schema(int id, String subject) {
    return ask("schema " + id, () -> SchemaText.parse(registry.byId(id).schema()));
  }

  private static <T> T ask(String request, Supplier<T> question) {
    try {
      return question.get();
    } catch (RegistryException e) {
      throw e.toKafka(request);
    }
  }
}
