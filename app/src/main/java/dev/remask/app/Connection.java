package dev.remask.app;

import dev.remask.schemas.Endpoints;
import dev.remask.schemas.Outage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;

/** The broker and the registry that the settings name. */
final class Connection {
  /** Broker or registry, in words that hold no secret. */
  private interface Question {
    void ask();
  }

  private final Settings settings;
  private final Duration patience;
  private final Consumer<String> notices;
  private final BooleanSupplier stop;

  /**
   * @param patience how long one of them may be away
   * @param notices hears a line now and then while one of them is away
   * @param stop asked while waiting
   */
  Connection(Settings settings, Duration patience, Consumer<String> notices, BooleanSupplier stop) {
    this.settings = settings;
    this.patience = patience;
    this.notices = notices;
    this.stop = stop;
  }

  /**
   * Returns when both have answered, or when it was stopped.
   *
   * @return false if it was stopped
   * @throws Failure if one of them is away for too long, or refuses us
   */
  boolean await() {
    String datasets = settings.topics().datasets().name();
    String registry = Endpoints.registry(settings.clients()); // wrong settings are seen before
    return answered("Kafka at " + broker(), () -> Endpoints.askBroker(settings.clients(), patience))
        && answered(
            "the schema registry at " + registry,
            () -> Endpoints.askRegistry(settings.clients(), datasets + "-value"));
  }

  /**
   * What a question gives that needs both. It is asked again when one of them was away meanwhile,
   * so asking twice must do no harm.
   *
   * @return empty if it was stopped
   * @throws Failure if one of them is away for too long, or refuses us
   */
  <T> Optional<T> answer(Supplier<T> question) {
    List<T> answers = new ArrayList<>(1);
    boolean unused = answered("Kafka or the schema registry", () -> answers.add(question.get()));
    return answers.stream().findFirst();
  }

  private boolean answered(String whom, Question question) {
    Outage outage =
        new Outage(patience, line -> notices.accept(whom + ": " + line), System::nanoTime);
    while (!stop.getAsBoolean()) {
      try {
        question.ask();
        outage.over();
        return true;
      } catch (InterruptException e) {
        throw e;
      } catch (RuntimeException e) {
        bear(whom, outage, e);
      }
    }
    return false;
  }

  private void bear(String whom, Outage outage, RuntimeException failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      if (e instanceof AuthenticationException || e instanceof AuthorizationException) {
        throw new Failure(whom + " refuses: " + e.getMessage(), failure);
      }
    }
    if (!Outage.is(failure)) {
      throw failure;
    }
    try {
      outage.bear(failure, stop);
    } catch (InterruptException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new Failure(
          whom + " did not answer within " + patience.toSeconds() + " s: " + Outage.reason(failure),
          failure);
    }
  }

  private String broker() {
    return String.valueOf(settings.clients().get("bootstrap.servers"));
  }
}
