package dev.remask.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The list of a checkpoint's files with size and SHA-256. A folder is sound if making its manifest
 * again gives the stored one, byte for byte; so no bit of the manifest itself can be wrong either.
 *
 * @param files path in the folder, with slashes, to what it holds
 */
record Manifest(int version, SortedMap<String, Entry> files) {
  static final String FILE = "manifest.json";
  private static final int VERSION = 1;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** One file's content. */
  record Entry(long bytes, String sha256) {}

  /** Reads every file below the folder. */
  static Manifest of(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.filter(Files::isRegularFile).toList();
    }
    SortedMap<String, Entry> files = new TreeMap<>();
    for (Path path : paths) {
      String name = folder.relativize(path).toString().replace('\\', '/');
      if (!name.equals(FILE)) {
        files.put(name, new Entry(Files.size(path), sha256(path)));
      }
    }
    return new Manifest(VERSION, files);
  }

  byte[] encode() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest is not JSON: " + this, e);
    }
  }

  /** What is wrong with a folder; empty if it is sound. */
  static Optional<String> fault(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.of(FILE + " is missing");
    }
    byte[] stored = Files.readAllBytes(file);
    Manifest found = of(folder);
    if (Arrays.equals(stored, found.encode())) {
      return Optional.empty();
    }
    SortedMap<String, Entry> expected;
    try {
      expected = JSON.readValue(stored, Manifest.class).files();
    } catch (JsonProcessingException e) {
      return Optional.of(FILE + " is no manifest: " + e.getOriginalMessage());
    }
    return Optional.of(difference(expected, found.files()));
  }

  private static String difference(SortedMap<String, Entry> expected, SortedMap<String, Entry> is) {
    TreeSet<String> names = new TreeSet<>(expected.keySet());
    names.addAll(is.keySet());
    for (String name : names) {
      Entry wanted = expected.get(name);
      Entry found = is.get(name);
      if (wanted == null) {
        return name + " is not in " + FILE;
      }
      if (found == null) {
        return name + " is missing";
      }
      if (wanted.bytes() != found.bytes()) {
        return "%s has %d bytes, not %d".formatted(name, found.bytes(), wanted.bytes());
      }
      if (!wanted.equals(found)) {
        return "%s has SHA-256 %s, not %s".formatted(name, found.sha256(), wanted.sha256());
      }
    }
    return FILE + " was altered";
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = Sha256.begin();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
