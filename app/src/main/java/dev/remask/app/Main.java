package dev.remask.app;

import dev.remask.schemas.Outage;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code remask} command. Exit 0 done, 1 failed, 2 wrong usage or configuration; a user's
 * mistake is one line.
 */
@Command(
    name = "remask",
    description =
        "Streams text into language-model training through Kafka, masked afresh on every replay.",
    mixinStandardHelpOptions = true,
    version = "remask 0.1.0",
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      VocabCommand.class,
      DatasetCommand.class,
      IngestCommand.class,
      DeadLettersCommand.class,
      StreamCommand.class,
      ReplayCommand.class,
      TrainCommand.class,
      DeleteCommand.class,
      StatusCommand.class,
      PeekCommand.class,
      LedgerCommand.class,
      FillMaskCommand.class
    },
    footer = {"", "Begin with: remask demo"})
final class Main implements Callable<Integer> {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  /** As commands and options are called; anything else may be somebody's secret. */
  private static final Pattern NAME = Pattern.compile("-{0,2}[a-z][a-z-]{0,19}");

  @Spec private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(System.out);
    return WRONG_USAGE;
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setParameterExceptionHandler(Main::wrongUsage)
        .setExecutionExceptionHandler((exception, command, parsed) -> failed(exception, command));
  }

  private static int wrongUsage(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    command
        .getErr()
        .println(
            "remask: "
                + firstLine(withoutValues(exception))
                + " (see '"
                + command.getCommandSpec().qualifiedName()
                + " --help')");
    return WRONG_USAGE;
  }

  /** A shell that takes a value apart, or a lost '=', must not bring a password to light. */
  private static String withoutValues(ParameterException exception) {
    if (exception instanceof UnmatchedArgumentException unmatched) {
      boolean isCommand = !exception.getCommandLine().getSubcommands().isEmpty();
      return "unknown: " + shown(unmatched.getUnmatched().get(0), isCommand);
    }
    if (exception.getArgSpec() instanceof OptionSpec option
        && option.isMultiValue()
        && option.typeInfo().isMap()) {
      return option.longestName() + " must be " + option.paramLabel();
    }
    return String.valueOf(exception.getMessage());
  }

  private static String shown(String argument, boolean isCommand) {
    String name = argument.split("=", 2)[0];
    return NAME.matcher(name).matches() && (isCommand || name.startsWith("-"))
        ? name
        : "an argument that is not shown; does a value need quotes?";
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse(message);
  }

  /** A client that cannot be made wraps the reason; an address without a host is none. */
  private static @Nullable ConfigException mistake(Throwable exception) {
    for (Throwable cause = exception; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigException mistake) {
        return Outage.is(exception) ? null : mistake;
      }
    }
    return null;
  }

  private static int failed(Exception exception, CommandLine command) {
    ConfigException mistake = mistake(exception);
    if (mistake != null) {
      command.getErr().println("remask: " + firstLine(String.valueOf(mistake.getMessage())));
      return WRONG_USAGE;
    }
    LoggerFactory.getLogger(Main.class).error("failed", exception);
    if (exception instanceof Failure) {
      command.getErr().println("remask: " + firstLine(String.valueOf(exception.getMessage())));
      return FAILED;
    }
    String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
    command.getErr().println("remask: " + firstLine(message) + LogFile.hint());
    return FAILED;
  }
}
