package dev.remask.app;

import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** From a document to the steps that learned from it, and back. */
@Command(
    name = "trace",
    description = {
      "Lists the steps that learned from a document, or the documents behind a step.",
      "By the spans of the segments, the plans and the ledger; nothing is learned again."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples: remask ledger trace dickens-009 --run first",
      "          remask ledger trace --step 100 --run first"
    })
final class LedgerTraceCommand implements Callable<Integer> {
  @Mixin private CommonOptions options = new CommonOptions();
  @Mixin private RunOption run = new RunOption();

  @Parameters(arity = "0..1", paramLabel = "DOCUMENT-ID", description = "The document's id.")
  private @Nullable String document;

  @Option(names = "--step", paramLabel = "S", description = "The documents behind this step.")
  private @Nullable Long step;

  @Override
  public Integer call() throws Exception {
    if ((document == null) == (step == null)) {
      throw new ConfigException("give one, DOCUMENT-ID or --step");
    }
    options.data();
    run.tell(options);
    Settings settings = options.connected(Map.of());
    PlannedRun found = PlannedRun.find(settings);
    Console console = new Console(System.out, Terminal.isColoured(), System::nanoTime);
    if (document != null) {
      DocumentTrace trace = DocumentTrace.of(settings, found, document, options.console());
      if (options.json()) {
        System.out.println(Json.text(trace));
      } else {
        trace.print(console);
      }
    } else if (step != null) {
      StepTrace trace = StepTrace.of(settings, found, step);
      if (options.json()) {
        System.out.println(Json.text(trace));
      } else {
        trace.print(console);
      }
    }
    return 0;
  }
}
