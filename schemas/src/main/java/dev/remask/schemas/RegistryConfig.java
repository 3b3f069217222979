package dev.remask.schemas;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a registry, under Confluent's keys, each with or without the prefix {@code
 * schema.registry.}, which wins. The time limits are shorter than Confluent's: a serde is called
 * between two polls, and a consumer that is silent for minutes loses its partitions. Equal
 * configurations share one client. Its text shows no secret.
 *
 * @param urls tried in this order, without credentials
 * @param authorization the header's value
 * @param tls Kafka's {@code ssl.*} settings for this connection; empty for the platform's
 */
record RegistryConfig(
    List<String> urls,
    @Nullable Password authorization,
    Map<String, Object> tls,
    int connectTimeoutMs,
    int readTimeoutMs,
    int maxRetries,
    int retryWaitMs,
    int retryWaitMsMax) {
  static final String URLS = "schema.registry.url";
  static final String MOCK = "mock://";

  private static final String PREFIX = "schema.registry.";
  private static final String CONNECT_TIMEOUT = "http.connect.timeout.ms";
  private static final String READ_TIMEOUT = "http.read.timeout.ms";
  private static final String MAX_RETRIES = "max.retries";
  private static final String RETRY_WAIT = "retries.wait.ms";
  private static final String RETRY_WAIT_MAX = "retries.max.wait.ms";
  private static final String BASIC_SOURCE = "basic.auth.credentials.source";
  private static final String BASIC_USER_INFO = "basic.auth.user.info";
  private static final String BEARER_SOURCE = "bearer.auth.credentials.source";
  private static final String BEARER_TOKEN = "bearer.auth.token";

  static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(
              URLS,
              ConfigDef.Type.LIST,
              "",
              Importance.HIGH,
              "Addresses of the schema registry, tried in this order; mock://scope for one in memory.")
          .define(
              CONNECT_TIMEOUT,
              ConfigDef.Type.INT,
              5_000,
              Range.atLeast(1),
              Importance.LOW,
              "Milliseconds to wait for a connection to the registry.")
          .define(
              READ_TIMEOUT,
              ConfigDef.Type.INT,
              10_000,
              Range.atLeast(1),
              Importance.LOW,
              "Milliseconds to wait for the registry's whole answer.")
          .define(
              MAX_RETRIES,
              ConfigDef.Type.INT,
              3,
              Range.between(0, 100),
              Importance.LOW,
              "How often an address of the registry is asked again during an outage.")
          .define(
              RETRY_WAIT,
              ConfigDef.Type.INT,
              1_000,
              Range.atLeast(1),
              Importance.LOW,
              "Milliseconds to wait at most before the first repetition; doubled for each next one.")
          .define(
              RETRY_WAIT_MAX,
              ConfigDef.Type.INT,
              20_000,
              Range.atLeast(1),
              Importance.LOW,
              "Milliseconds to wait at most before any repetition.")
          .define(
              BASIC_SOURCE,
              ConfigDef.Type.STRING,
              "",
              ValidString.in("", "URL", "USER_INFO"),
              Importance.MEDIUM,
              "Where the user and password are: in the URL or in " + BASIC_USER_INFO + ".")
          .define(
              BASIC_USER_INFO,
              ConfigDef.Type.PASSWORD,
              "",
              Importance.MEDIUM,
              "user:password for the registry.")
          .define(
              BEARER_SOURCE,
              ConfigDef.Type.STRING,
              "",
              ValidString.in("", "STATIC_TOKEN"),
              Importance.MEDIUM,
              "Where the token is: STATIC_TOKEN for " + BEARER_TOKEN + ".")
          .define(
              BEARER_TOKEN,
              ConfigDef.Type.PASSWORD,
              "",
              Importance.MEDIUM,
              "Token for the registry.");

  static RegistryConfig of(Map<String, ?> configs) {
    AbstractConfig values = new AbstractConfig(DEFINITION, withoutPrefix(configs), false);
    List<URI> urls = urls(values);
    return new RegistryConfig(
        urls.stream().map(RegistryConfig::withoutCredentials).toList(),
        authorization(values, urls),
        tls(configs),
        values.getInt(CONNECT_TIMEOUT),
        values.getInt(READ_TIMEOUT),
        values.getInt(MAX_RETRIES),
        values.getInt(RETRY_WAIT),
        values.getInt(RETRY_WAIT_MAX));
  }

  /** The scope of an in-memory registry, null for a real one. */
  @Nullable String mockScope() {
    String first = urls.get(0);
    return first.startsWith(MOCK) ? first.substring(MOCK.length()) : null;
  }

  private static Map<String, Object> withoutPrefix(Map<String, ?> configs) {
    Map<String, Object> plain = new HashMap<>(configs);
    prefixed(configs)
        .forEach(
            (name, value) -> {
              if (DEFINITION.names().contains(name)) {
                plain.put(name, value);
              } else if (!RegistryTls.knows(name)) {
                // The value may be a secret.
                throw new ConfigException(PREFIX + name + " is not supported: remove it");
              }
            });
    plain.values().removeIf(Objects::isNull);
    return plain;
  }

  /** Without the prefix, {@code ssl.*} is for the brokers. */
  private static Map<String, Object> tls(Map<String, ?> configs) {
    return RegistryTls.settings(prefixed(configs));
  }

  private static Map<String, Object> prefixed(Map<String, ?> configs) {
    Map<String, Object> prefixed = new HashMap<>();
    configs.forEach(
        (key, value) -> {
          if (key.startsWith(PREFIX) && !key.equals(URLS) && value != null) {
            prefixed.put(key.substring(PREFIX.length()), value);
          }
        });
    return prefixed;
  }

  private static List<URI> urls(AbstractConfig values) {
    List<URI> urls = values.getList(URLS).stream().map(RegistryConfig::url).toList();
    long mocks = urls.stream().filter(url -> "mock".equals(url.getScheme())).count();
    if (urls.isEmpty() || mocks > 1 || (mocks == 1 && urls.size() > 1)) {
      throw new ConfigException(
          URLS + " must be one or more http or https URLs, or one mock:// URL alone");
    }
    return urls;
  }

  private static URI url(String text) {
    try {
      URI url = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
      String scheme = String.valueOf(url.getScheme());
      if (scheme.equals("mock")
          || (url.getHost() != null
              // A password with a slash would make the rest of it a path.
              && !String.valueOf(url.getRawPath()).contains("@")
              && (scheme.equals("http") || scheme.equals("https")))) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      // Its message holds the URL, which may hold a password.
    }
    throw new ConfigException(
        URLS + ": each must be a URL like http://host:8081 or mock://scope (not shown here)");
  }

  private static String withoutCredentials(URI url) {
    String text = url.toString();
    String userInfo = url.getRawUserInfo();
    return userInfo == null ? text : text.replace(userInfo + "@", "");
  }

  private static @Nullable Password authorization(AbstractConfig values, List<URI> urls) {
    String basic = values.getString(BASIC_SOURCE);
    String bearer = values.getString(BEARER_SOURCE);
    @Nullable String inUrl =
        urls.stream().map(URI::getRawUserInfo).filter(u -> u != null).findFirst().orElse(null);
    if (inUrl != null && !basic.equals("URL")) {
      throw new ConfigException(
          PREFIX + BASIC_SOURCE, basic, "must be URL as the URL holds credentials");
    }
    requireSource(values, BASIC_USER_INFO, BASIC_SOURCE, "USER_INFO");
    requireSource(values, BEARER_TOKEN, BEARER_SOURCE, "STATIC_TOKEN");
    if (!basic.isEmpty() && !bearer.isEmpty()) {
      throw new ConfigException(
          PREFIX + BEARER_SOURCE, bearer, "excludes " + PREFIX + BASIC_SOURCE);
    }
    if (!bearer.isEmpty()) {
      return new Password("Bearer " + secret(values, BEARER_TOKEN));
    }
    if (basic.isEmpty()) {
      return null;
    }
    String userInfo = basic.equals("URL") ? inUrl : secret(values, BASIC_USER_INFO);
    if (userInfo == null || userInfo.indexOf(':') < 0) {
      throw new ConfigException(
          "with " + PREFIX + BASIC_SOURCE + "=" + basic + ", give user:password");
    }
    byte[] bytes = userInfo.getBytes(StandardCharsets.UTF_8);
    return new Password("Basic " + Base64.getEncoder().encodeToString(bytes));
  }

  /** A secret that is given and not used would end in a puzzling refusal. */
  private static void requireSource(
      AbstractConfig values, String secret, String sourceKey, String source) {
    boolean given = !values.getPassword(secret).value().isEmpty();
    if (given && !values.getString(sourceKey).equals(source)) {
      throw new ConfigException(
          PREFIX + sourceKey,
          values.getString(sourceKey),
          "must be " + source + " as " + PREFIX + secret + " is set");
    }
  }

  private static String secret(AbstractConfig values, String key) {
    String value = values.getPassword(key).value();
    if (value.isEmpty()) {
      throw new ConfigException(PREFIX + key + " must be set");
    }
    return value;
  }
}
