package dev.remask.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The log of a test's kills: who, when, and which transactions were open. */
final class Kills {
  private record Kill(String victim, Set<String> open) {}

  private final String name;
  private final List<Kill> kills = new ArrayList<>();
  private final long start = System.nanoTime();

  /**
   * @param name begins each line that is said
   */
  Kills(String name) {
    this.name = name;
  }

  /**
   * @param open transactional ids, of the victim or, if that is the broker, of anyone
   */
  void add(String victim, Set<String> open) {
    kills.add(new Kill(victim, open));
    say(
        "kill -9 of "
            + victim
            + (open.isEmpty() ? ", no transaction open" : ", in the middle of " + open));
  }

  void say(String what) {
    System.out.printf(
        Locale.ROOT, "%s: %5.1f s  %s%n", name, (System.nanoTime() - start) / 1e9, what);
  }

  int count() {
    return kills.size();
  }

  int open() {
    return (int) kills.stream().filter(kill -> !kill.open.isEmpty()).count();
  }
}
