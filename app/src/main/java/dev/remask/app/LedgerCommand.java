package dev.remask.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What a run has learned, step by step. */
@Command(
    name = "ledger",
    description =
        "What a run has learned, step by step: shown, learned again and compared, traced to documents.",
    subcommands = {LedgerShowCommand.class, LedgerVerifyCommand.class, LedgerTraceCommand.class},
    mixinStandardHelpOptions = true,
    footer = {"", "Example: remask ledger show --run first --last 5"})
final class LedgerCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(System.out);
    return Main.WRONG_USAGE;
  }
}
