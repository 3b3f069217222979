package dev.remask.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rows for people: aligned columns under their names. */
final class Table {
  private static final List<String> HEADINGS =
      List.of("name", "value", "unit", "ratio", "peer", "runs", "spread");

  private Table() {}

  static String text(List<Row> rows) {
    List<List<String>> cells = new ArrayList<>(List.of(HEADINGS));
    rows.forEach(row -> cells.add(cells(row)));
    StringBuilder out = new StringBuilder();
    for (List<String> line : cells) {
      StringBuilder text = new StringBuilder();
      for (int column = 0; column < line.size(); column++) {
        int width = width(cells, column);
        text.append(("%-" + (width + 2) + "s").formatted(line.get(column)));
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
    return out.toString();
  }

  private static int width(List<List<String>> cells, int column) {
    return cells.stream().mapToInt(line -> line.get(column).length()).max().orElseThrow();
  }

  private static List<String> cells(Row row) {
    return List.of(
        row.name(),
        number(row.value()),
        row.unit(),
        row.ratio() == null ? "-" : number(row.ratio()),
        row.peer() == null ? "-" : row.peer(),
        Integer.toString(row.runs()),
        String.format(Locale.ROOT, "%.0f %%", row.spread() * 100));
  }

  /** Three digits that count, and never fewer than there are before the point. */
  private static String number(double value) {
    int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
