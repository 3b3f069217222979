package dev.remask.topology;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what Kafka itself never would: transactions that are over for their coordinator and open in
 * a partition, because a broker was killed between the decision and its markers (RATIONALE.md).
 * Nobody reads what lies behind them. Only those of the given applications, and only where two
 * looks in a row see the same one. One thread only.
 */
final class LostMarkers {
  private static final Logger LOG = LoggerFactory.getLogger(LostMarkers.class);
  private static final String OFFSETS = "__consumer_offsets";
  private static final Set<TransactionState> DECIDED =
      Set.of(
          TransactionState.EMPTY,
          TransactionState.COMPLETE_COMMIT,
          TransactionState.COMPLETE_ABORT);

  /** What the coordinator says of the latest transaction of a producer. */
  record Known(String application, boolean undecided, Set<TopicPartition> partitions) {}

  /** Where a transaction is open. */
  record Open(TopicPartition partition, long producerId, int epoch, int coordinator, long start) {
    static List<Open> of(TopicPartition partition, Collection<ProducerState> producers) {
      return producers.stream()
          .filter(producer -> producer.currentTransactionStartOffset().isPresent())
          .map(
              producer ->
                  new Open(
                      partition,
                      producer.producerId(),
                      producer.producerEpoch(),
                      producer.coordinatorEpoch().orElse(0),
                      producer.currentTransactionStartOffset().getAsLong()))
          .toList();
    }
  }

  private final Admin admin;
  private final Set<String> topics = new HashSet<>();
  private final Set<String> packed;
  private final IntPredicate isWhole;
  private final Consumer<String> notices;
  private final Set<Open> told = new HashSet<>();
  private Set<Open> suspects = Set.of();
  private boolean possible = true;

  /**
   * @param packed what the packer writes by partition of the documents
   * @param others what else the applications write, besides the offsets of their groups: what is
   *     missing there is missed by its readers, and what is there twice is dropped by them
   * @param isWhole of a partition: whether what is open in the packed topics is all of its
   *     transaction, so that nothing is torn if it is aborted; asked when all else is certain
   * @param notices hears a line of each that is aborted, or is not
   */
  LostMarkers(
      Admin admin,
      Set<String> packed,
      Set<String> others,
      IntPredicate isWhole,
      Consumer<String> notices) {
    this.admin = admin;
    this.packed = packed;
    this.isWhole = isWhole;
    topics.addAll(packed);
    topics.addAll(others);
    topics.add(OFFSETS);
    this.notices = notices;
  }

  /** To be called some seconds after the last call. */
  void look(Set<String> applications) {
    if (!possible) {
      return;
    }
    try {
      List<Open> open = open();
      Map<Long, Known> known = open.isEmpty() ? Map.of() : known(open);
      Set<Open> lost = lost(open, known, applications);
      lost.stream().filter(suspects::contains).forEach(this::end);
      told.retainAll(lost);
      suspects = lost;
    } catch (UnsupportedVersionException | AuthorizationException e) {
      possible = false;
      LOG.warn("transactions whose end the broker has lost are not looked for: {}", e.toString());
    } catch (ApiException e) {
      LOG.debug("no answer on open transactions", e);
    }
  }

  /**
   * Those of these applications that their coordinator has done with: it has no transaction now, or
   * another one that is not in this partition.
   *
   * @param known by producer, asked for after what is open: a transaction that ends in between is
   *     not open there any more when it is looked at again
   */
  static Set<Open> lost(List<Open> open, Map<Long, Known> known, Set<String> applications) {
    Set<Open> lost = new HashSet<>();
    for (Open one : open) {
      Known latest = known.get(one.producerId);
      if (latest != null
          && applications.contains(latest.application)
          && !(latest.undecided && latest.partitions.contains(one.partition))) {
        lost.add(one);
      }
    }
    return lost;
  }

  private List<Open> open() {
    ListTopicsOptions all = new ListTopicsOptions().listInternal(true);
    Set<String> there = new HashSet<>(GroupProgress.get(admin.listTopics(all).names()));
    there.retainAll(topics);
    List<TopicPartition> partitions = new ArrayList<>();
    GroupProgress.get(admin.describeTopics(there).allTopicNames())
        .forEach(
            (topic, description) ->
                description
                    .partitions()
                    .forEach(p -> partitions.add(new TopicPartition(topic, p.partition()))));
    List<Open> open = new ArrayList<>();
    GroupProgress.get(admin.describeProducers(partitions).all())
        .forEach((partition, state) -> open.addAll(Open.of(partition, state.activeProducers())));
    return open;
  }

  private Map<Long, Known> known(List<Open> open) {
    Set<Long> producers = open.stream().map(Open::producerId).collect(Collectors.toSet());
    var options = new ListTransactionsOptions().filterProducerIds(producers);
    List<String> ids =
        GroupProgress.get(admin.listTransactions(options).all()).stream()
            .map(TransactionListing::transactionalId)
            .toList();
    Map<Long, Known> known = new HashMap<>();
    GroupProgress.get(admin.describeTransactions(ids).all())
        .forEach(
            (id, latest) ->
                known.put(
                    latest.producerId(),
                    new Known(
                        AbandonedTransactions.application(id),
                        !DECIDED.contains(latest.state()),
                        latest.topicPartitions())));
    return known;
  }

  private void end(Open lost) {
    if (told.contains(lost)) {
      return;
    }
    String where = "Kafka has lost the end of a transaction on " + lost.partition;
    boolean harmless =
        !packed.contains(lost.partition.topic()) || isWhole.test(lost.partition.partition());
    if (!harmless) {
      told.add(lost);
      notices.accept(where + ", and only there: aborting it would lose text; nothing is done");
      return;
    }
    AbortTransactionSpec spec =
        new AbortTransactionSpec(
            lost.partition, lost.producerId, (short) lost.epoch, lost.coordinator);
    try {
      GroupProgress.get(admin.abortTransaction(spec).all());
      told.add(lost);
      notices.accept(where + ", which stops its readers: aborted, and done again");
    } catch (AuthorizationException e) {
      told.add(lost);
      notices.accept(where + ", and this user may not abort it: " + e.getMessage());
    } catch (ApiException e) {
      LOG.warn("{}, and does not abort it", where, e); // Another instance may have.
    }
  }
}
