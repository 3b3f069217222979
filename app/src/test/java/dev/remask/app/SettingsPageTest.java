package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsPageTest {
  private static final Path PAGE = Path.of("..", "docs", "settings.md");

  /** When a setting changes: copy target/settings.md over the page. */
  @Test
  void thePageIsThatOfTheDefinitions() throws IOException {
    Path made = Path.of("target", "settings.md");
    Files.writeString(made, SettingsPage.markdown());
    assertThat(PAGE).hasSameTextualContentAs(made);
  }

  @Test
  void everySettingHasARow() {
    String page = SettingsPage.markdown();
    SettingDefinitions.ALL
        .configKeys()
        .forEach(
            (name, key) -> {
              assertThat(page).contains("| `" + name + "` |").contains(key.documentation);
              assertThat(key.documentation).as(name).endsWith(".").doesNotContain("|");
            });
  }
}
