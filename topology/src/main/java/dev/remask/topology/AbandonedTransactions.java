package dev.remask.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTransactionsOptions;
import org.apache.kafka.clients.admin.FenceProducersOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the transactions that killed instances have left open: nobody reads what lies behind them.
 * Nothing is ended that the broker would not end by the same rule, the transaction's own timeout by
 * the broker's clock; but it looks every ten seconds only, and where a broker looks more often it
 * may lose what it ends (RATIONALE.md). As good as it can: what fails is tried again with the next
 * call, or left to the broker. One thread only.
 */
final class AbandonedTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(AbandonedTransactions.class);

  /** How Kafka Streams names them: application id, process, thread. */
  private static final Pattern STREAMS = Pattern.compile("(.+)-[0-9a-f-]{36}-\\d+");

  private static final int ANSWER_MS = 3_000;

  private final Admin admin;
  private final long timeoutMs;
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private volatile boolean possible = true;

  /**
   * @param timeout of this instance's transactions; those of others are looked up
   */
  AbandonedTransactions(Admin admin, Duration timeout) {
    this.admin = admin;
    this.timeoutMs = timeout.toMillis();
  }

  /** Those of these applications; returns when the broker is asked to, not when they are ended. */
  void abort(Set<String> applications) {
    if (!possible) {
      return;
    }
    try {
      Set<String> old = openLonger(timeoutMs, applications);
      old.removeAll(asked);
      if (!old.isEmpty()) {
        fence(expired(old, applications));
      }
    } catch (UnsupportedVersionException | AuthorizationException e) {
      impossible(e);
    } catch (ApiException e) {
      LOG.debug("no answer on open transactions", e);
    }
  }

  private Set<String> openLonger(long durationMs, Set<String> applications) {
    ListTransactionsOptions options =
        new ListTransactionsOptions()
            .filterStates(Set.of(TransactionState.ONGOING))
            .filterOnDuration(durationMs)
            .timeoutMs(ANSWER_MS);
    return GroupProgress.get(admin.listTransactions(options).all()).stream()
        .map(TransactionListing::transactionalId)
        .filter(id -> applications.contains(application(id)))
        .collect(Collectors.toSet());
  }

  /** An instance with other settings may have more time than this one. */
  private List<String> expired(Set<String> old, Set<String> applications) {
    var options = new DescribeTransactionsOptions().timeoutMs(ANSWER_MS);
    List<String> expired = new ArrayList<>();
    GroupProgress.get(admin.describeTransactions(old, options).all())
        .forEach(
            (id, transaction) -> {
              long own = transaction.transactionTimeoutMs();
              if (own <= timeoutMs || openLonger(own, applications).contains(id)) {
                expired.add(id);
              }
            });
    return expired;
  }

  /** A new epoch for the producer, as its successor would ask for, aborts what is open. */
  private void fence(List<String> ids) {
    asked.addAll(ids);
    var answers = admin.fenceProducers(ids, new FenceProducersOptions().timeoutMs(ANSWER_MS));
    for (String id : ids) {
      var unused = answers.epochId(id).whenComplete((epoch, error) -> answered(id, error));
    }
  }

  private void answered(String id, @Nullable Throwable error) {
    asked.remove(id);
    if (error == null) {
      LOG.info("{} had left a transaction open: aborted", id);
    } else if (error instanceof AuthorizationException) {
      impossible(error);
    } else {
      // Another instance may have asked as well.
      LOG.debug("{} has left a transaction open", id, error);
    }
  }

  private void impossible(Throwable why) {
    possible = false;
    LOG.warn(
        "what a killed instance leaves open ends at the broker's next look: {}", why.toString());
  }

  /** Empty if it is none of Kafka Streams. */
  static String application(String transactionalId) {
    Matcher matcher = STREAMS.matcher(transactionalId);
    return matcher.matches() ? matcher.group(1) : "";
  }
}
