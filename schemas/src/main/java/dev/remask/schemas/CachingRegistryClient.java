package dev.remask.schemas;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;

/**
 * Remembers every answer, for an id never changes its schema. Failures are not remembered. While
 * one thread asks, others that need the same answer wait for it.
 *
 * <p>It grows with the schemas that a registry really holds, not with what records claim.
 */
final class CachingRegistryClient implements RegistryClient {
  private record Subject(String name, Schema schema) {}

  private final RegistryClient registry;
  private final Map<Subject, Integer> registered = new ConcurrentHashMap<>();
  private final Map<Subject, Integer> found = new ConcurrentHashMap<>();
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();

  CachingRegistryClient(RegistryClient registry) {
    this.registry = registry;
  }

  @Override
  public int register(String subject, Schema schema) {
    return registered.computeIfAbsent(
        new Subject(subject, schema), key -> registry.register(key.name, key.schema));
  }

  @Override
  public int lookup(String subject, Schema schema) {
    return found.computeIfAbsent(
        new Subject(subject, schema), key -> registry.lookup(key.name, key.schema));
  }

  @Override
  public Schema schema(int id, String subject) {
    return schemas.computeIfAbsent(id, key -> registry.schema(key, subject));
  }
}
