package dev.remask.mlm;

import static dev.remask.mlm.TokenizerJson.list;
import static dev.remask.mlm.TokenizerJson.map;
import static dev.remask.mlm.TokenizerJson.unfit;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is done to text before it is cut, one form after another. */
record Normalization(List<Form> forms) {
  static final Normalization NONE = new Normalization(List.of());

  /** Each a normalizer of Hugging Face's. */
  enum Form {
    NFC("NFC"),
    NFD("NFD"),
    NFKC("NFKC"),
    NFKD("NFKD"),
    LOWERCASE("Lowercase");

    private final String name;

    Form(String name) {
      this.name = name;
    }

    private String apply(String text) {
      return switch (this) {
        case NFC -> Normalizer.normalize(text, Normalizer.Form.NFC);
        case NFD -> Normalizer.normalize(text, Normalizer.Form.NFD);
        case NFKC -> Normalizer.normalize(text, Normalizer.Form.NFKC);
        case NFKD -> Normalizer.normalize(text, Normalizer.Form.NFKD);
        case LOWERCASE -> lowercase(text);
      };
    }

    /**
     * Character by character, as Rust's {@code char::to_lowercase}: unlike Java's strings with no
     * look at the neighbours of a sigma.
     */
    private static String lowercase(String text) {
      StringBuilder out = new StringBuilder(text.length());
      for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
        c = text.codePointAt(i);
        if (c == 0x130) {
          out.append("i\u0307"); // the only one of which two become
        } else {
          out.appendCodePoint(Character.toLowerCase(c));
        }
      }
      return out.toString();
    }
  }

  Normalization {
    forms = List.copyOf(forms);
  }

  String apply(String text) {
    String normal = text;
    for (Form form : forms) {
      normal = form.apply(normal);
    }
    return normal;
  }

  /** As tokenizer.json has it; null if there is nothing to do. */
  @Nullable Object json() {
    List<Map<String, String>> json = forms.stream().map(form -> Map.of("type", form.name)).toList();
    if (json.size() <= 1) {
      return json.isEmpty() ? null : json.get(0);
    }
    Map<String, Object> sequence = new LinkedHashMap<>();
    sequence.put("type", "Sequence");
    sequence.put("normalizers", json);
    return sequence;
  }

  /** IllegalArgumentException with the reason if its forms are others. */
  static Normalization read(@Nullable Object json) {
    List<Form> forms = new ArrayList<>();
    if (json != null) {
      read(map(json, "normalizer"), forms);
    }
    return new Normalization(forms);
  }

  private static void read(Map<?, ?> json, List<Form> forms) {
    String type = String.valueOf(json.get("type"));
    if (type.equals("Sequence")) {
      for (Object part : list(json.get("normalizers"), "normalizer.normalizers")) {
        read(map(part, "a normalizer"), forms);
      }
      return;
    }
    for (Form form : Form.values()) {
      if (form.name.equals(type)) {
        forms.add(form);
        return;
      }
    }
    throw unfit("normalizer.type is " + type + ", not NFC, NFD, NFKC, NFKD, Lowercase or Sequence");
  }
}
