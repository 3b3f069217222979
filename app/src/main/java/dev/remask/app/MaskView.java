package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.mlm.Masked;
import dev.remask.mlm.Vocabulary;
import java.util.Arrays;

/**
 * A masked segment for people: every selected token stands out by how it was treated. Without
 * colour, {@code [mask]} is a hidden token, {@code {word}} a random one in place of another, and
 * {@code (word)} one that is asked for but kept.
 */
final class MaskView {
  private final Vocabulary vocabulary;
  private final Console console;

  MaskView(Vocabulary vocabulary, Console console) {
    this.vocabulary = vocabulary;
    this.console = console;
  }

  String legend() {
    return console.coloured()
        ? console.in(Style.MASK, " mask ")
            + " hidden   "
            + console.in(Style.MAGENTA, "random")
            + "   "
            + console.in(Style.GREEN, "kept")
        : "[mask] hidden   {random}   (kept)";
  }

  String render(Masked masked) {
    return render(masked, 0, masked.inputs().length);
  }

  /**
   * A part a line, marked A and B.
   *
   * @param secondPart index of its first token, -1 if there is one part only
   */
  String render(Masked masked, int secondPart) {
    return secondPart < 0
        ? render(masked)
        : "A  "
            + render(masked, 0, secondPart)
            + System.lineSeparator()
            + "B  "
            + render(masked, secondPart, masked.inputs().length);
  }

  private String render(Masked masked, int start, int end) {
    StringBuilder text = new StringBuilder();
    int[] inputs = masked.inputs();
    int from = start;
    for (int k = 0; k < masked.positions().length; k++) {
      int position = masked.positions()[k];
      if (position >= start && position < end) {
        text.append(plain(inputs, from, position));
        text.append(selected(inputs[position], masked.labels()[k]));
        from = position + 1;
      }
    }
    return text.append(plain(inputs, from, end)).toString().strip();
  }

  private String plain(int[] ids, int from, int to) {
    return vocabulary
        .decode(
            Arrays.stream(ids, from, to).map(id -> isSeparator(id) ? Vocabulary.EOS : id).toArray())
        .replace("<s>", "")
        .replace("</s>", " ")
        .replace('\n', ' ');
  }

  private static boolean isSeparator(int id) {
    return id == Vocabulary.BOS || id == Vocabulary.EOS || id == Vocabulary.PAD;
  }

  /** Keeps the token's own leading space outside of the mark. */
  private String selected(int input, int label) {
    String original = vocabulary.decode(label);
    String space = original.startsWith(" ") ? " " : "";
    if (input == vocabulary.mask()) {
      return space + (console.coloured() ? console.in(Style.MASK, " mask ") : "[mask]");
    }
    String text = vocabulary.decode(input).strip();
    String shown = text.isEmpty() || text.indexOf('\uFFFD') >= 0 ? vocabulary.piece(input) : text;
    if (input == label) {
      return space + (console.coloured() ? console.in(Style.GREEN, shown) : "(" + shown + ")");
    }
    return space + (console.coloured() ? console.in(Style.MAGENTA, shown) : "{" + shown + "}");
  }
}
