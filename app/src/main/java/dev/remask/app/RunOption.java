package dev.remask.app;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which run a command looks at. */
final class RunOption {
  @Option(names = "--run", paramLabel = "NAME", description = "The run; short for run.name.")
  private @Nullable String run;

  void tell(CommonOptions options) {
    if (run != null) {
      options.set("run.name", run);
    }
  }
}
