package dev.remask.app;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** Processes of Kafka Streams that a test kills with -9, best in the middle of a transaction. */
final class Victims {
  private final Kills kills;
  private final Transactions transactions;
  private final Predicate<String> ids;

  /** Open transactions of killed processes, which are no one's who lives. */
  private final Set<String> left = new HashSet<>();

  /**
   * @param ids the transactional ids that count
   */
  Victims(Kills kills, Transactions transactions, Predicate<String> ids) {
    this.kills = kills;
    this.transactions = transactions;
    this.ids = ids;
  }

  /** The open transactions that these very processes have begun. */
  Set<String> open(Actor... actors) throws Exception {
    Set<String> open = new HashSet<>();
    for (Actor actor : actors) {
      open.addAll(transactions.openOfStreams(actor.toString(), actor.startedMs()));
    }
    open.removeAll(left);
    open.removeIf(ids.negate());
    return open;
  }

  /** Freezes one of them, whichever is first found in the middle of a transaction. */
  Actor frozenInTransaction(Duration atMost, Actor... actors) throws Exception {
    AtomicReference<Actor> found = new AtomicReference<>();
    Await.until(
        "an open transaction of " + Arrays.toString(actors),
        atMost,
        () -> {
          for (Actor actor : actors) {
            actor.requireAlive();
            if (!open(actor).isEmpty() && actor.frozenAt(() -> !open(actor).isEmpty())) {
              found.set(actor);
              return true;
            }
          }
          return false;
        });
    return found.get();
  }

  /**
   * Kills it, and starts it again.
   *
   * @return its open transactions
   */
  Set<String> kill(Actor victim) throws Exception {
    victim.kill();
    Set<String> open = open(victim);
    kills.add(victim.toString(), open);
    left.addAll(open);
    victim.start();
    return open;
  }
}
