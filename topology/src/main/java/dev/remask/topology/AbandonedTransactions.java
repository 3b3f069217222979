package dev.remask.topology;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FenceProducersOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the transactions that killed instances have left open: nobody reads what lies behind them.
 * Nothing is ended that the broker would not end by the same rule, the transaction's timeout by the
 * broker's clock; but it looks every ten seconds only, and where a broker looks more often it may
 * lose what it ends (RATIONALE.md). One thread only.
 */
final class AbandonedTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(AbandonedTransactions.class);

  /** How Kafka Streams names them: application id, process, thread. */
  private static final Pattern STREAMS = Pattern.compile("(.+)-[0-9a-f-]{36}-\\d+");

  private static final int FENCE_MS = 5_000;

  private final Admin admin;
  private final ListTransactionsOptions expired;
  private boolean possible = true;

  /**
   * @param timeout of a transaction
   */
  AbandonedTransactions(Admin admin, Duration timeout) {
    this.admin = admin;
    this.expired =
        new ListTransactionsOptions()
            .filterStates(Set.of(TransactionState.ONGOING))
            .filterOnDuration(timeout.toMillis());
  }

  /** Those of these applications; returns when the broker is asked to, not when they are ended. */
  void abort(Set<String> applications) {
    if (!possible) {
      return;
    }
    try {
      List<String> ids =
          GroupProgress.get(admin.listTransactions(expired).all()).stream()
              .map(TransactionListing::transactionalId)
              .filter(id -> applications.contains(application(id)))
              .toList();
      if (!ids.isEmpty()) {
        fence(ids);
      }
    } catch (UnsupportedVersionException | AuthorizationException e) {
      LOG.warn(
          "what a killed instance leaves open ends at the broker's next look: {}", e.toString());
      possible = false;
    }
  }

  /** A new epoch for the producer, as its successor would ask for, aborts what is open. */
  private void fence(List<String> ids) {
    var answers = admin.fenceProducers(ids, new FenceProducersOptions().timeoutMs(FENCE_MS));
    for (String id : ids) {
      var unused = answers.epochId(id).whenComplete((epoch, error) -> said(id, error));
    }
  }

  private static void said(String id, @Nullable Throwable error) {
    if (error == null) {
      LOG.info("{} had left a transaction open: aborted", id);
    } else {
      LOG.warn("{} has left a transaction open, which does not end: {}", id, error.toString());
    }
  }

  /** Empty if it is none of Kafka Streams. */
  static String application(String transactionalId) {
    Matcher matcher = STREAMS.matcher(transactionalId);
    return matcher.matches() ? matcher.group(1) : "";
  }
}
