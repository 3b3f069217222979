package dev.remask.app;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Which process has a transaction open, told by the broker's coordinators alone. */
final class Transactions {
  /** Application id, process, thread. */
  private static final Pattern STREAMS = Pattern.compile("(.+)-[0-9a-f-]{36}-\\d+");

  private final Admin admin;

  Transactions(Admin admin) {
    this.admin = admin;
  }

  /**
   * The transactional ids with an open transaction, neither committed nor aborted, that a process
   * of Kafka Streams has begun: one in partitions that the group has assigned to it.
   *
   * @param clientId of the process
   * @param sinceMs when it was started: what was begun before is of the one before
   */
  Set<String> openOfStreams(String clientId, long sinceMs) throws Exception {
    Set<String> own = new HashSet<>();
    for (var transaction : open(id -> STREAMS.matcher(id).matches(), sinceMs).entrySet()) {
      Matcher id = STREAMS.matcher(transaction.getKey());
      if (id.matches()) {
        Set<Integer> assigned = assigned(id.group(1), clientId);
        if (transaction.getValue().topicPartitions().stream()
            .filter(partition -> !partition.topic().startsWith("__"))
            .anyMatch(partition -> assigned.contains(partition.partition()))) {
          own.add(transaction.getKey());
        }
      }
    }
    return own;
  }

  /** The same of a process whose transactional id is known. */
  Set<String> openOf(String transactionalId, long sinceMs) throws Exception {
    return open(transactionalId::equals, sinceMs).keySet();
  }

  private Map<String, TransactionDescription> open(Predicate<String> ids, long sinceMs)
      throws Exception {
    Set<String> ongoing =
        admin
            .listTransactions(
                new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)))
            .all()
            .get()
            .stream()
            .map(TransactionListing::transactionalId)
            .filter(ids)
            .collect(Collectors.toSet());
    return admin.describeTransactions(ongoing).all().get().entrySet().stream()
        .filter(e -> e.getValue().state() == TransactionState.ONGOING)
        .filter(e -> e.getValue().transactionStartTimeMs().orElse(0) >= sinceMs)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private Set<Integer> assigned(String group, String clientId) throws Exception {
    try {
      return admin.describeConsumerGroups(Set.of(group)).all().get().get(group).members().stream()
          .filter(member -> member.clientId().startsWith(clientId + "-"))
          .flatMap(member -> member.assignment().topicPartitions().stream())
          .map(TopicPartition::partition)
          .collect(Collectors.toSet());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Set.of();
      }
      throw e;
    }
  }
}
