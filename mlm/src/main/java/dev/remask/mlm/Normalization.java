package dev.remask.mlm;

import static dev.remask.mlm.TokenizerJson.list;
import static dev.remask.mlm.TokenizerJson.map;
import static dev.remask.mlm.TokenizerJson.unfit;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is done to text before it is cut, one form after another. */
record Normalization(List<Form> forms) {
  static final Normalization NONE = new Normalization(List.of());

  /**
   * Hugging Face's normalizers know Unicode 9. These are the characters of Unicode 10 to 18 that
   * combine, decompose or compose since, which they pass over as if nothing could be done with
   * them. What all others become is the same for ever, so this does not depend on the JDK either.
   */
  private static final BitSet YOUNGER =
      ranges(
          """
          0558 058B-058C 05C8-05C9 07FD 0897-089F 08CA-08D3 09FE 0C3C 0D3B-0D3C 0EBA
          1715 1ABF-1AF0 1DF6-1DFA 209D-209F 32FF A7F1-A7F4 A82C AB69 105C9 105D2 105DA
          105E4 10781-10785 10787-107B0 107B2-107BF 10D24-10D27 10D69-10D6D 10EAB-10EAC
          10ECB-10ECF 10EF0-10EFB 10EFD-10EFF 10F46-10F50 10F82-10F85 11070 1133B
          11382-11385 1138B 1138E 11390-11391 113B8 113BB 113C2 113C5 113C7-113C9
          113CE-113D0 1145E 11839-1183A 11930 11935 11938 1193D-1193E 11943 119E0 11A34
          11A47 11A99 11D42 11D44-11D45 11D97 11F41-11F42 1611E-16129 1612F 16D63
          16D67-16D6A 16FF0-16FF1 1B123-1B126 1CCD6-1CCF9 1D127-1D128 1D250-1D252
          1D25B-1D25C 1D25F 1D280-1D281 1D6A6 1DF95 1DFCD-1DFFF 1E030-1E06D 1E08F
          1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E6E3 1E6E6 1E6EE-1E6EF
          1E6F5 1F16C 1FBF0-1FBF9
          """);

  /**
   * The JDK puts marks in order one by one, which takes the square of their number. So of this many
   * characters in a row of which each may be a mark, the next one begins a part for itself; unless
   * it is one indeed, this changes nothing.
   */
  static final int NO_BASE = 256;

  private static BitSet ranges(String hexadecimal) {
    BitSet codePoints = new BitSet();
    Matcher range = Pattern.compile("(\\p{XDigit}+)(?:-(\\p{XDigit}+))?").matcher(hexadecimal);
    while (range.find()) {
      int first = Integer.parseInt(range.group(1), 16);
      codePoints.set(
          first, 1 + (range.group(2) == null ? first : Integer.parseInt(range.group(2), 16)));
    }
    return codePoints;
  }

  /** Most characters that no mark in front of or behind them changes places with. */
  static boolean isBase(int c) {
    return c < 0x300
        || (Character.isLetterOrDigit(c) && Character.getType(c) != Character.MODIFIER_LETTER);
  }

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
        case NFC -> normalize(text, Normalizer.Form.NFC);
        case NFD -> normalize(text, Normalizer.Form.NFD);
        case NFKC -> normalize(text, Normalizer.Form.NFKC);
        case NFKD -> normalize(text, Normalizer.Form.NFKD);
        case LOWERCASE -> lowercase(text);
      };
    }

    /** Around {@link #YOUNGER} characters and in {@link #NO_BASE} runs, each part for itself. */
    private static String normalize(String text, Normalizer.Form form) {
      StringBuilder out = new StringBuilder();
      int start = 0;
      int others = 0; // in a row, before i
      for (int i = 0, c; i < text.length(); i += Character.charCount(c)) {
        c = text.codePointAt(i);
        if (YOUNGER.get(c)) {
          out.append(Normalizer.normalize(text.substring(start, i), form)).appendCodePoint(c);
          start = i + Character.charCount(c);
          others = 0;
        } else if (isBase(c)) {
          others = 0;
        } else if (others++ == NO_BASE) {
          out.append(Normalizer.normalize(text.substring(start, i), form));
          start = i;
          others = 1;
        }
      }
      String last = Normalizer.normalize(text.substring(start), form);
      return start == 0 ? last : out.append(last).toString();
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
