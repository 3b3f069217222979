package dev.remask.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs benchmarks by name. Results go to standard output, all else to standard error. */
@Command(
    name = "bench/run",
    description = "Measures how fast Remask is, next to its peers.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example: bench/run tokenize step --runs 9"})
final class Main implements Callable<Integer> {
  record Entry(String name, String what, Benchmark benchmark) {}

  static final List<Entry> ALL =
      List.of(
          new Entry(
              "tokenize", "text to tokens; peer: Hugging Face in Rust", new TokenizeBenchmark()),
          new Entry(
              "masking",
              "masks on segments; peers: numpy by two rules, DL4J",
              new MaskingBenchmark()),
          new Entry(
              "step", "training of the demo's model; peer: scalar kernels", new StepBenchmark()),
          new Entry(
              "train", "forward and backward of two models; peer: libtorch", new TrainBenchmark()),
          new Entry(
              "optimizer",
              "AdamW, clipping and reduction; peer: libtorch",
              new OptimizerBenchmark()),
          new Entry(
              "large",
              "a step of 8,192 sequences, and its memory; peer: one of 256",
              new LargeBatchBenchmark()),
          new Entry(
              "soak", "memory over 10,000 steps; fails if it grows; no peer", new SoakBenchmark()),
          new Entry(
              "vocabulary",
              "learning 8,192 and 30,000 tokens; peer: Hugging Face's trainer",
              new VocabularyBenchmark()),
          new Entry(
              "pack",
              "documents to segments through Kafka; peer: encoding, then passing through",
              new PackBenchmark()),
          new Entry(
              "epoch",
              "an epoch through Kafka; peers: a plain producer, at least once",
              new EpochBenchmark()),
          new Entry("latency", "document to masked example; no peer", new LatencyBenchmark()),
          new Entry("plan", "plan to first masked example; no peer", new PlanBenchmark()));

  private static final String LIST = "list";
  private static final int LEAST_RUNS = 5;
  private static final int MOST_RUNS = 1_000;
  private static final int WRONG_USAGE = 2;

  private final List<Entry> known;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "Benchmarks to run, in this order; 'list' alone names them.")
  private List<String> names = List.of();

  @Option(names = "--json", description = "One array of objects, a measure each.")
  private boolean json;

  @Option(
      names = "--runs",
      defaultValue = "5",
      paramLabel = "N",
      description = "Of each measure, after its warm-up: 5 to 1000 (default: ${DEFAULT-VALUE}).")
  private int runs = LEAST_RUNS;

  Main(List<Entry> known) {
    this.known = known;
  }

  public static void main(String[] arguments) {
    System.exit(commandLine(ALL).execute(arguments));
  }

  static CommandLine commandLine(List<Entry> known) {
    return new CommandLine(new Main(known)).setParameterExceptionHandler(Main::wrongUsage);
  }

  private static int wrongUsage(ParameterException exception, String[] arguments) {
    exception.getCommandLine().getErr().println("bench: " + exception.getMessage());
    return WRONG_USAGE;
  }

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (names.equals(List.of(LIST))) {
      known.forEach(entry -> out.printf("%-12s%s%n", entry.name(), entry.what()));
      return 0;
    }
    List<Entry> wanted = names.stream().map(this::entry).toList();
    if (runs < LEAST_RUNS || runs > MOST_RUNS) {
      throw wrong("--runs " + runs + "; allowed: " + LEAST_RUNS + " to " + MOST_RUNS);
    }
    PrintWriter err = spec.commandLine().getErr();
    err.println(Machine.description());
    Setup setup = new Setup(runs, home(), err::println);
    List<Row> rows = new ArrayList<>();
    for (Entry entry : wanted) {
      rows.addAll(entry.benchmark().run(setup));
    }
    out.print(json ? new ObjectMapper().writeValueAsString(rows) + "\n" : Table.text(rows));
    out.flush();
    return 0;
  }

  private Entry entry(String name) {
    return known.stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                wrong(
                    "no benchmark '"
                        + name
                        + "'; allowed: "
                        + String.join(", ", known.stream().map(Entry::name).toList())));
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static Path home() {
    @Nullable String home = System.getProperty("remask.bench");
    if (home == null) {
      throw new IllegalStateException("remask.bench is not set; start the benchmarks by bench/run");
    }
    return Path.of(home);
  }
}
