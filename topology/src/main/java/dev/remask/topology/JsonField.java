package dev.remask.topology;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * One field of a JSON object, found without keeping anything else of it: what hostile values can
 * make this allocate is the value once more. The object is read to its end, so whatever is
 * malformed, a field that is there twice, or text after the object makes it unreadable; so do
 * objects in objects deeper than {@value #NESTING_MAX}.
 */
public final class JsonField {
  static final int NESTING_MAX = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(NESTING_MAX).build())
          // Names come from others: none is kept beyond its record.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private record Value(JsonToken token, String text) {}

  private final String name;
  private final List<String> path;

  private JsonField(String name, List<String> path) {
    this.name = name;
    this.path = path;
  }

  /**
   * A field by its name.
   *
   * @param setting names the field, for the refusal
   * @param name dots lead into objects
   * @throws ConfigException if the name or a part of it is empty
   */
  public static JsonField of(String setting, String name) {
    List<String> path = List.of(name.split("\\.", -1));
    if (path.contains("")) {
      throw new ConfigException(setting, name, "must be a name, or names joined by dots");
    }
    return new JsonField(name, path);
  }

  /** UNREADABLE unless the field is there and is a string. */
  public String text(String json) {
    return text(find(json));
  }

  /** The same, but where there is no such field, or it is null, something else. */
  public String textOr(String json, String otherwise) {
    Value value = find(json);
    return value == null || value.token == JsonToken.VALUE_NULL ? otherwise : text(value);
  }

  private String text(@Nullable Value value) {
    if (value == null || value.token != JsonToken.VALUE_STRING) {
      throw unreadable("the field " + name + " is " + described(value) + ", not a string");
    }
    if (!Utf8.canEncode(value.text)) {
      throw unreadable("the field " + name + " holds half a surrogate pair");
    }
    return value.text;
  }

  /** Null unless the field is there and is a string that can be written as UTF-8. */
  @Nullable String textOrNull(String json) {
    Value value = find(json);
    if (value == null || value.token != JsonToken.VALUE_STRING) {
      return null;
    }
    return Utf8.canEncode(value.text) ? value.text : null;
  }

  /** BAD_ID unless the field is there and is a string or a whole number. */
  public String id(String json) {
    Value value = find(json);
    if (value == null
        || (value.token != JsonToken.VALUE_STRING && value.token != JsonToken.VALUE_NUMBER_INT)) {
      throw DocumentId.bad(
          "the field " + name + " is " + described(value) + ", not a string or a whole number");
    }
    return DocumentId.of(value.text);
  }

  private static String described(@Nullable Value value) {
    if (value == null) {
      return "missing";
    }
    return switch (value.token) {
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
      case VALUE_TRUE, VALUE_FALSE -> "a truth value";
      case VALUE_NULL -> "null";
      case START_ARRAY -> "an array";
      default -> "an object";
    };
  }

  private @Nullable Value find(String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw unreadable("the value is not a JSON object");
      }
      Value found = inObject(parser, 0);
      if (parser.nextToken() != null) {
        throw unreadable("something follows the JSON object");
      }
      return found;
    } catch (JsonProcessingException e) {
      // Without its source: a dead letter has the value already.
      throw unreadable("the value is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading a string", e);
    }
  }

  /**
   * The parser is behind the start of an object, and ends at its end.
   *
   * @param depth the object holds {@code path[depth]}, if it is there
   */
  private @Nullable Value inObject(JsonParser parser, int depth) throws IOException {
    Value found = null;
    boolean seen = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      boolean wanted = parser.currentName().equals(path.get(depth));
      JsonToken token = parser.nextToken();
      if (wanted && seen) {
        throw unreadable("the field " + path.get(depth) + " is there twice");
      }
      seen |= wanted;
      if (wanted && depth + 1 == path.size()) {
        found = new Value(token, token.isScalarValue() ? parser.getText() : "");
      } else if (wanted && token == JsonToken.START_OBJECT) {
        found = inObject(parser, depth + 1);
        continue;
      }
      parser.skipChildren();
    }
    return found;
  }

  private static BadDocument unreadable(String detail) {
    return new BadDocument(BadDocument.Reason.UNREADABLE, detail);
  }
}
