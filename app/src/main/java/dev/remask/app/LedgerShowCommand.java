package dev.remask.app;

import dev.remask.app.Console.Style;
import dev.remask.schemas.TrainingStep;
import dev.remask.trainer.log.LedgerReader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Steps of a ledger, a line each. */
@Command(
    name = "show",
    description = {
      "Shows what steps learned from, and what came of it.",
      "Without --from, --to and --last the last 20. With --json an object a line, with all fields."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask ledger show --run first --from 100 --to 120"})
final class LedgerShowCommand implements Callable<Integer> {
  private static final int LAST = 20;
  private static final int LAST_MAX = 100_000;

  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private RunOption run = new RunOption();

  @Option(names = "--from", paramLabel = "S", description = "From this step on (default: 1).")
  private @Nullable Long from;

  @Option(names = "--to", paramLabel = "S", description = "Up to this step (default: the last).")
  private @Nullable Long to;

  @Option(names = "--last", paramLabel = "N", description = "The last so many steps.")
  private @Nullable Integer last;

  @Option(
      names = "--sources",
      description =
          "Below each live step, how well each source's text was predicted before it was learned.")
  private boolean sources;

  @Override
  public Integer call() throws Exception {
    if (last != null) {
      CommonOptions.requireBetween("--last", last, 1, LAST_MAX);
      if (from != null || to != null) {
        throw new ConfigException("--last", last, "goes without --from and --to");
      }
    }
    options.data();
    run.tell(options);
    Settings settings = options.connected(Map.of());
    PlannedRun found = PlannedRun.find(settings);
    check(settings, found.name());
    Console console = new Console(System.out, Terminal.isColoured(), System::nanoTime);
    if (!options.json()) {
      console.print(console.in(Style.BOLD, LedgerTable.HEADER));
    }
    select(settings, found.name(), step -> show(step, console));
    return 0;
  }

  private void check(Settings settings, String name) {
    long end = LedgerReader.last(settings.clients(), settings.topics(), name);
    long most = to == null ? end : Math.min(to, end);
    if (from != null && (from < 1 || from > most)) {
      throw new ConfigException("--from", from, "must be from 1 to " + most);
    }
    if (to != null && (to < 1 || to > end)) {
      throw new ConfigException("--to", to, "the ledger of run " + name + " ends at step " + end);
    }
  }

  private void select(Settings settings, String name, Consumer<TrainingStep> sink) {
    Deque<TrainingStep> kept = new ArrayDeque<>();
    boolean ranged = from != null || to != null;
    long first = from == null ? 1 : from;
    long end = to == null ? Long.MAX_VALUE : to;
    int most = last == null ? LAST : last;
    LedgerReader.forEach(
        settings.clients(),
        settings.topics(),
        name,
        step -> {
          if (!ranged) {
            kept.addLast(step);
            if (kept.size() > most) {
              kept.removeFirst();
            }
          } else if (step.getStep() >= first && step.getStep() <= end) {
            sink.accept(step);
          }
        });
    kept.forEach(sink);
  }

  private void show(TrainingStep step, Console console) {
    if (options.json()) {
      System.out.println(Json.text(LedgerTable.Step.of(step)));
    } else {
      console.print(LedgerTable.line(step));
      if (sources) {
        LedgerTable.sources(step).forEach(console::print);
      }
    }
  }
}
