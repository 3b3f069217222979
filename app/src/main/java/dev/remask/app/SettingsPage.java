package dev.remask.app;

import java.util.Locale;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;

/** The reference page of all settings, made of their definitions. */
final class SettingsPage {
  private static final String HEAD =
      """
      # Settings

      Each can stand in a file (`--config`), in the environment (`REMASK_` and the key in capitals, dots and hyphens as
      underscores) or behind `--set`; later ones win in this order. An unknown key ends a command with exit code 2. What starts with
      `kafka.` goes, without that, to every Kafka client (`kafka.bootstrap.servers`, `kafka.security.protocol`,
      `kafka.sasl.jaas.config` …), what starts with `schema.registry.` to every registry client. The `demo` has a few other defaults.

      | key | default | allowed | what it is |
      |---|---|---|---|
      """;

  private SettingsPage() {}

  static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    SettingDefinitions.ALL.configKeys().values().forEach(key -> page.append(row(key)));
    return page.toString();
  }

  private static String row(ConfigKey key) {
    String allowed =
        key.validator == null
            ? key.type.name().toLowerCase(Locale.ROOT)
            : allowed(key.validator.toString());
    String preset = String.valueOf(key.defaultValue);
    return "| `%s` | %s | %s | %s |%n"
        .formatted(
            key.name, preset.isEmpty() ? "" : "`" + preset + "`", allowed, key.documentation);
  }

  /** Kafka writes {@code [1,...,9]}, {@code [1,...]} and {@code [a, b]}. */
  private static String allowed(String validator) {
    String inner = validator.substring(1, validator.length() - 1);
    return inner.endsWith(",...")
        ? "at least " + inner.substring(0, inner.length() - ",...".length())
        : inner.replace(",...,", " to ").replaceAll(", *", ", ");
  }
}
