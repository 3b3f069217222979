package dev.remask.app;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A strict reader of Prometheus's text format 0.0.4, written from its specification and for
 * counters and gauges alone: each family has one HELP, then one TYPE, then its samples.
 */
final class PrometheusText {
  record Family(String name, String help, String type, List<Sample> samples) {}

  record Sample(String name, Map<String, String> labels, double value) {}

  private static final String NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
  private static final String LABEL =
      "([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\n]|\\\\[\\\\n\"])*)\"";
  private static final Pattern HELP = Pattern.compile("# HELP (" + NAME + ") (\\S.*)");
  private static final Pattern TYPE = Pattern.compile("# TYPE (" + NAME + ") (counter|gauge)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(" + NAME + ")(?:\\{(" + LABEL + "(?:," + LABEL + ")*),?\\})? (\\S+)(?: -?[0-9]+)?");
  private static final int SAMPLE_VALUE = 7;

  private final Map<String, Family> families = new LinkedHashMap<>();
  private final Set<String> seen = new HashSet<>();

  private PrometheusText() {}

  /**
   * @throws IllegalArgumentException with the line that breaks the format
   */
  static PrometheusText parse(String text) {
    require(text.endsWith("\n"), "no line feed at the end");
    PrometheusText parsed = new PrometheusText();
    String help = "";
    String helped = "";
    Family family = null;
    for (String line : text.lines().toList()) {
      Matcher helpLine = HELP.matcher(line);
      Matcher typeLine = TYPE.matcher(line);
      Matcher sampleLine = SAMPLE.matcher(line);
      if (helpLine.matches()) {
        helped = helpLine.group(1);
        help = helpLine.group(2);
      } else if (typeLine.matches()) {
        require(typeLine.group(1).equals(helped), "TYPE without its HELP before it: " + line);
        family = new Family(helped, help, typeLine.group(2), new ArrayList<>());
        require(parsed.families.put(helped, family) == null, "a family twice: " + line);
      } else {
        require(sampleLine.matches(), "neither HELP, TYPE nor sample: " + line);
        parsed.add(family, line, sampleLine);
      }
    }
    parsed.families.values().forEach(f -> require(!f.samples.isEmpty(), "empty: " + f.name));
    return parsed;
  }

  private void add(Family family, String line, Matcher matcher) {
    String name = matcher.group(1);
    require(family != null && family.name.equals(name), "not of the family before it: " + line);
    require(family.type.equals("counter") == name.endsWith("_total"), "a counter's name: " + line);
    Map<String, String> labels = new TreeMap<>();
    if (matcher.group(2) != null) {
      Matcher label = Pattern.compile(LABEL).matcher(matcher.group(2));
      while (label.find()) {
        require(labels.put(label.group(1), label.group(2)) == null, "a label twice: " + line);
      }
    }
    require(seen.add(name + labels), "a sample twice: " + line);
    double value = number(matcher.group(SAMPLE_VALUE));
    require(family.type.equals("gauge") || value >= 0, "a counter below zero: " + line);
    family.samples.add(new Sample(name, labels, value));
  }

  private static double number(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        require(text.matches("[-+]?[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]+)?"), "no number: " + text);
        yield Double.parseDouble(text);
      }
    };
  }

  private static void require(boolean holds, String complaint) {
    if (!holds) {
      throw new IllegalArgumentException(complaint);
    }
  }

  Map<String, Family> families() {
    return families;
  }

  /** The value of the one sample with these labels, given as name, value, name, value. */
  double value(String name, String... labels) {
    Map<String, String> wanted = new TreeMap<>();
    for (int i = 0; i < labels.length; i += 2) {
      wanted.put(labels[i], labels[i + 1]);
    }
    Family family = families.get(name);
    if (family == null) {
      throw new NoSuchElementException("no meter " + name);
    }
    return family.samples.stream()
        .filter(sample -> sample.labels.equals(wanted))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException(name + wanted + " not in " + family))
        .value();
  }

  /** The counters that are less here than they were before, or gone. */
  List<String> countersThatFell(PrometheusText before) {
    List<String> fell = new ArrayList<>();
    for (Family family : before.families.values()) {
      for (Sample sample : family.type.equals("counter") ? family.samples : List.<Sample>of()) {
        Family now = families.get(family.name);
        if (now == null
            || now.samples.stream()
                .noneMatch(s -> s.labels.equals(sample.labels) && s.value >= sample.value)) {
          fell.add(sample.toString());
        }
      }
    }
    return fell;
  }
}
