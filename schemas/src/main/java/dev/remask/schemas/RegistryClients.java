package dev.remask.schemas;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One client per configuration in this process: the many serdes of a topology share its connections
 * and its memory. {@code mock://scope} is a registry that lives in this process and is shared by
 * all who name the scope.
 */
final class RegistryClients {
  private static final Map<RegistryConfig, RegistryClient> CLIENTS = new ConcurrentHashMap<>();
  private static final Map<String, RegistryClient> MOCKS = new ConcurrentHashMap<>();

  private RegistryClients() {}

  static RegistryClient of(RegistryConfig config) {
    @Nullable String scope = config.mockScope();
    return scope == null
        ? CLIENTS.computeIfAbsent(
            config, key -> new CachingRegistryClient(new HttpRegistryClient(key)))
        : MOCKS.computeIfAbsent(
            scope,
            key -> new CachingRegistryClient(new DirectRegistryClient(SchemaRegistry.inMemory())));
  }
}
