package dev.remask.trainer.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's safetensors format: the header's length as a little-endian u64, the header as JSON
 * (name → dtype, shape, byte range), the data. A reader holds the file open and has checked its
 * header: ranges inside the file, covering it without gap or overlap, no name twice. Every fault of
 * a file is an IOException that names the file.
 */
final class Safetensors implements Closeable {
  /** Far more than a header of any model; Hugging Face allows 100 MB. */
  static final int MAX_HEADER_BYTES = 16 << 20;

  private static final String METADATA = "__metadata__";
  private static final String FLOAT = "F32";
  private static final int PREFIX_BYTES = Long.BYTES;
  private static final int MAX_SHOWN = 80;
  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** A tensor to write. */
  record Named(String name, List<Integer> shape, Floats values) {}

  /** A tensor found; the range is relative to the data's first byte. */
  private record Entry(String dtype, List<Long> shape, long begin, long end) {}

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final long dataStart;

  private Safetensors(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    ByteBuffer prefix = ByteBuffer.allocate(PREFIX_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    fill(prefix, 0);
    long length = prefix.getLong(0);
    if (length < 2 || length > MAX_HEADER_BYTES || length > channel.size() - PREFIX_BYTES) {
      throw fault("a header of " + Long.toUnsignedString(length) + " bytes");
    }
    ByteBuffer header = ByteBuffer.allocate((int) length);
    fill(header, PREFIX_BYTES);
    this.dataStart = PREFIX_BYTES + length;
    parse(header.array());
    checkRanges();
  }

  static Safetensors open(Path file) throws IOException {
    requireReadable(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new Safetensors(file, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Says what the system's own exceptions leave out: their message is the path alone. */
  static void requireReadable(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new IOException(file + ": no such file");
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new IOException(file + ": not a file that can be read");
    }
  }

  /** In one line: Jackson's own message has a second one, with the place. */
  static String reason(IOException e) {
    return e instanceof JsonProcessingException json
        ? json.getOriginalMessage()
        : String.valueOf(e.getMessage());
  }

  /** What a file holds may be long. */
  static String shown(Object value) {
    String text = value.toString();
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }

  IOException fault(String what) {
    return new IOException(file + ": " + what);
  }

  private void fill(ByteBuffer buffer, long position) throws IOException {
    long at = position;
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, at);
      if (read < 0) {
        throw fault("truncated at byte " + at);
      }
      at += read;
    }
  }

  private void parse(byte[] header) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(header);
    } catch (IOException e) {
      throw new IOException(file + ": the header is not JSON: " + reason(e), e);
    }
    if (header[0] != '{' || !root.isObject()) {
      throw fault("the header is not a JSON object");
    }
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (!field.getKey().equals(METADATA)) {
        entries.put(field.getKey(), entry(field.getKey(), field.getValue()));
      }
    }
  }

  private Entry entry(String name, JsonNode node) throws IOException {
    List<Long> range = numbers(name, node.path("data_offsets"));
    if (!node.path("dtype").isTextual() || range.size() != 2) {
      throw fault("tensor " + name + ": not a dtype and two offsets");
    }
    List<Long> shape = numbers(name, node.path("shape"));
    return new Entry(node.path("dtype").textValue(), shape, range.get(0), range.get(1));
  }

  private List<Long> numbers(String name, JsonNode array) throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (JsonNode element : array) {
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.longValue() < 0) {
        throw fault("tensor " + name + ": " + shown(element) + " where a size or offset belongs");
      }
      numbers.add(element.longValue());
    }
    if (!array.isArray()) {
      throw fault("tensor " + name + ": no shape or offsets");
    }
    return numbers;
  }

  /** The format wants the ranges to cover the data exactly. */
  private void checkRanges() throws IOException {
    List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
    ordered.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
            .thenComparingLong(e -> e.getValue().end()));
    long end = 0;
    for (Map.Entry<String, Entry> next : ordered) {
      Entry entry = next.getValue();
      if (entry.begin() != end || entry.end() < entry.begin()) {
        throw fault(
            "tensor %s has bytes %d to %d, after byte %d"
                .formatted(next.getKey(), entry.begin(), entry.end(), end));
      }
      end = entry.end();
    }
    long present = channel.size() - dataStart;
    if (end != present) {
      throw fault("%d bytes of data where the header tells of %d".formatted(present, end));
    }
  }

  Set<String> names() {
    return entries.keySet();
  }

  /** That there is a tensor of floats of exactly this shape. */
  void check(String name, List<Integer> shape) throws IOException {
    long unused = begin(name, shape);
  }

  /** Where a tensor of floats of exactly this shape begins, in bytes of the data. */
  private long begin(String name, List<Integer> shape) throws IOException {
    @Nullable Entry entry = entries.get(name);
    if (entry == null) {
      throw fault("no tensor " + name);
    }
    List<Long> expected = shape.stream().map(Integer::longValue).toList();
    if (!entry.dtype().equals(FLOAT) || !entry.shape().equals(expected)) {
      throw fault(
          "tensor %s is %s %s; expected %s %s"
              .formatted(name, shown(entry.dtype()), shown(entry.shape()), FLOAT, shape));
    }
    long needed = expected.stream().reduce((long) Float.BYTES, Math::multiplyExact);
    if (entry.end() - entry.begin() != needed) {
      throw fault(
          "tensor %s has %d bytes; its shape %s needs %d"
              .formatted(name, entry.end() - entry.begin(), shape, needed));
    }
    return entry.begin();
  }

  /** Reads a tensor of floats of exactly this shape; all of them must be finite. */
  void read(String name, List<Integer> shape, Floats target) throws IOException {
    long begin = begin(name, shape);
    fill(target.bytes(0, target.length), dataStart + begin);
    for (int i = 0; i < target.length; i++) {
      if (!Float.isFinite(target.get(i))) {
        throw fault("tensor " + name + " holds " + target.get(i) + " at " + i);
      }
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Writes a file and forces it to disk. */
  static void write(Path file, List<Named> tensors) throws IOException {
    byte[] header = header(tensors);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer start =
          ByteBuffer.allocate(PREFIX_BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, start.putLong(header.length).put(header).flip());
      for (Named tensor : tensors) {
        writeAll(channel, tensor.values().bytes(0, tensor.values().length));
      }
      channel.force(true);
    }
  }

  private static byte[] header(List<Named> tensors) throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.putObject(METADATA).put("format", "pt"); // PyTorch's layout: what transformers asks for
    long offset = 0;
    for (Named tensor : tensors) {
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", FLOAT);
      tensor.shape().forEach(node.putArray("shape")::add);
      long end = offset + (long) tensor.values().length * Float.BYTES;
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = JSON.writeValueAsBytes(root);
    byte[] padded = new byte[(json.length + 7) / 8 * 8]; // so that the data is aligned
    Arrays.fill(padded, (byte) ' ');
    System.arraycopy(json, 0, padded, 0, json.length);
    return padded;
  }

  private static void writeAll(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
