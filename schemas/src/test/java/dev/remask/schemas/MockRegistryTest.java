package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class MockRegistryTest extends RegistryClientContract {
  private final String url = "mock://" + UUID.randomUUID();

  @Override
  String url() {
    return url;
  }

  @Test
  void aScopeIsSharedAndScopesAreNot() {
    RegistryClient client = RegistryClients.of(RegistryConfig.of(Samples.registry(url)));
    assertThat(RegistryClients.of(RegistryConfig.of(Samples.registry(url)))).isSameAs(client);
    assertThat(RegistryClients.of(RegistryConfig.of(Samples.registry(url + "2"))))
        .isNotSameAs(client);
  }
}
