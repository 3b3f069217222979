package dev.remask.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  @TempDir private Path folder;

  @Test
  void oneOwnerAtATime() throws IOException {
    DataFolder data = new DataFolder(folder.resolve("new"));
    try (FileLock lock = data.lock()) {
      assertThat(lock.isValid()).isTrue();
      assertThatThrownBy(data::lock)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("is in use");
    }
    data.lock().acquiredBy().close();
  }

  @Test
  void aFolderOfOtherFilesIsLeftAlone() throws IOException {
    Path precious = folder.resolve("precious.txt");
    Files.writeString(precious, "mine");
    assertThatThrownBy(() -> new DataFolder(folder).lock())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("holds other files");
    assertThat(folder).isDirectoryContaining(precious::equals);
    assertThat(folder.toFile().list()).containsExactly("precious.txt");
  }

  @Test
  void aFreshStartDeletesOnlyWhatIsOurs() throws IOException {
    DataFolder data = new DataFolder(folder);
    try (FileLock lock = data.lock()) {
      Files.createDirectories(data.broker().resolve("log"));
      Files.writeString(data.broker().resolve("log").resolve("0.log"), "x");
      Path other = Files.writeString(folder.resolve("notes.txt"), "mine");
      data.clear();
      assertThat(data.broker()).doesNotExist();
      assertThat(other).exists();
      assertThat(lock.isValid()).isTrue();
    }
  }

  @Test
  void aFileIsNoFolder() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "x");
    assertThatThrownBy(() -> new DataFolder(file).lock()).isInstanceOf(ConfigException.class);
  }
}
