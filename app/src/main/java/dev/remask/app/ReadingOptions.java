package dev.remask.app;

import dev.remask.app.Reading.Form;
import dev.remask.topology.JsonField;
import java.io.File;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How documents are found in files and in standard input. */
final class ReadingOptions {
  @Option(
      names = "--as",
      paramLabel = "FORM",
      description =
          "text (a file is a document), lines (a line is one) or jsonl; default: by the name, standard input is lines.")
  private @Nullable String as;

  @Option(
      names = "--id-field",
      paramLabel = "NAME",
      description = "Of JSON lines: the id (default: file and line). Dots lead into objects.")
  private @Nullable String idField;

  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      description = "Of JSON lines: the text (default: text).")
  private @Nullable String textField;

  @Option(
      names = "--source-field",
      paramLabel = "NAME",
      description = "Of JSON lines: where a document comes from, for the loss by source.")
  private @Nullable String sourceField;

  @Option(
      names = "--source",
      paramLabel = "NAME",
      description = "The same for all that has no such field (default: file or stdin).")
  private @Nullable String source;

  /** Null if none of them is given; else one that is. */
  @Nullable String given() {
    return as != null
        ? "--as"
        : idField != null
            ? "--id-field"
            : textField != null
                ? "--text-field"
                : sourceField != null ? "--source-field" : source != null ? "--source" : null;
  }

  Reading ofFiles() {
    return reading(form(), "file");
  }

  /**
   * Of those that are named; below a folder, fields are for those files that are JSON lines by
   * their names.
   */
  Reading ofFiles(List<String> named) {
    Reading reading = ofFiles();
    if (hasFields()) {
      for (String path : named) {
        if (reading.formOf(path) == Form.TEXT && new File(path).isFile()) {
          throw new ConfigException(
              "PATH", path, "is no JSON lines by its name, so it has no fields: say --as jsonl");
        }
      }
    }
    return reading;
  }

  /** JSON lines where a field is given, else lines, unless another form is said. */
  Reading ofStandardInput() {
    Form form = form();
    return reading(form == null && hasFields() ? Form.JSONL : form, "stdin");
  }

  private Reading reading(@Nullable Form form, String sourceUnlessGiven) {
    if (hasFields() && (form == Form.TEXT || form == Form.LINES)) {
      throw new ConfigException("--as", as, "must be jsonl where a field is given");
    }
    return new Reading(
        form,
        idField == null ? null : JsonField.of("--id-field", idField),
        JsonField.of("--text-field", textField == null ? Reading.TEXT_FIELD : textField),
        sourceField == null ? null : JsonField.of("--source-field", sourceField),
        source == null ? sourceUnlessGiven : source);
  }

  private boolean hasFields() {
    return idField != null || textField != null || sourceField != null;
  }

  private @Nullable Form form() {
    return as == null
        ? null
        : Stream.of(Form.values())
            .filter(form -> form.name().toLowerCase(Locale.ROOT).equals(as))
            .findFirst()
            .orElseThrow(() -> new ConfigException("--as", as, "must be text, lines or jsonl"));
  }
}
