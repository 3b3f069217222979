package dev.remask.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server whose self-signed certificate is for {@code localhost} only. */
class RegistryTlsTest {
  private static final String PASSWORD = "changeit";

  @TempDir static Path folder;
  private static Path store;
  private static HttpsServer server;

  @BeforeAll
  static void start() throws Exception {
    store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "a",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    Map<String, Object> identity =
        Map.of(
            "ssl.keystore.location",
            store.toString(),
            "ssl.keystore.password",
            PASSWORD,
            "ssl.keystore.type",
            "PKCS12");
    server.setHttpsConfigurator(new HttpsConfigurator(RegistryTls.context(identity)));
    server.createContext(
        "/",
        exchange -> {
          byte[] body = "{\"id\":7}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  @AfterAll
  static void stop() {
    server.stop(0);
  }

  private static int register(String host, boolean trusting) {
    Map<String, Object> config = new HashMap<>();
    config.put("schema.registry.url", "https://" + host + ":" + server.getAddress().getPort());
    config.put("max.retries", "0");
    if (trusting) {
      config.put("schema.registry.ssl.truststore.location", store.toString());
      config.put("schema.registry.ssl.truststore.password", PASSWORD);
      config.put("schema.registry.ssl.truststore.type", "PKCS12");
    }
    return new HttpRegistryClient(RegistryConfig.of(config)).register("s", Samples.schema(0));
  }

  @Test
  void aTrustedCertificateForTheHostIsTaken() {
    assertThat(register("localhost", true)).isEqualTo(7);
  }

  @Test
  void anUnknownCertificateIsNot() {
    assertThatThrownBy(() -> register("localhost", false))
        .isExactlyInstanceOf(DisconnectException.class)
        .hasCauseInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void aTrustedCertificateForAnotherHostIsNot() {
    assertThatThrownBy(() -> register("127.0.0.1", true))
        .isExactlyInstanceOf(DisconnectException.class)
        .hasCauseInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void verifyingTheHostCannotBeTurnedOff() {
    assertThatThrownBy(
            () -> RegistryTls.context(Map.of("ssl.endpoint.identification.algorithm", "")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must be https");
  }
}
