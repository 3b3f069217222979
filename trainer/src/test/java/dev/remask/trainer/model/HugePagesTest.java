package dev.remask.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HugePagesTest {
  private static final Path SMAPS = Path.of("/proc/self/smaps");
  private static final Path SETTING = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  /** What Linux says of the memory itself: {@code hg} stands for advised. */
  @Test
  void theModelsMemoryIsAdvised() throws IOException {
    assumeTrue(
        Files.isReadable(SMAPS) && Files.isReadable(SETTING), "no huge pages on this system");
    try (Arena arena = new Arena()) {
      Floats large = arena.floats(16 << 20);
      long middle = large.at(0).address() + Float.BYTES * (8L << 20);
      assertThat(flags(middle)).hasValueSatisfying(flags -> assertThat(flags).contains("hg"));
    }
  }

  @Test
  void andIsZero() {
    try (Arena arena = new Arena()) {
      for (int length : new int[] {1, 1_000, 3 << 20}) {
        assertThat(arena.floats(length).toArray()).containsOnly(0);
      }
    }
  }

  private static Optional<List<String>> flags(long address) throws IOException {
    boolean inside = false;
    for (String line : Files.readAllLines(SMAPS)) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
        inside =
            Long.compareUnsigned(address, Long.parseUnsignedLong(range[0], 16)) >= 0
                && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0;
      } else if (inside && line.startsWith("VmFlags:")) {
        return Optional.of(List.of(line.substring("VmFlags:".length()).strip().split(" ")));
      }
    }
    return Optional.empty();
  }
}
