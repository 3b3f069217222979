package dev.remask.app;

import java.util.concurrent.Callable;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
      StreamCommand.class,
      ReplayCommand.class,
      TrainCommand.class,
      DeleteCommand.class,
      StatusCommand.class,
      PeekCommand.class,
      FillMaskCommand.class
    },
    footer = {"", "Begin with: remask demo"})
final class Main implements Callable<Integer> {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

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
                + exception.getMessage()
                + " (see '"
                + command.getCommandSpec().qualifiedName()
                + " --help')");
    return WRONG_USAGE;
  }

  private static int failed(Exception exception, CommandLine command) {
    if (exception instanceof ConfigException) {
      command.getErr().println("remask: " + exception.getMessage());
      return WRONG_USAGE;
    }
    LoggerFactory.getLogger(Main.class).error("failed", exception);
    if (exception instanceof Failure) {
      command.getErr().println("remask: " + exception.getMessage());
      return FAILED;
    }
    String message = exception.getMessage() == null ? exception.toString() : exception.getMessage();
    command
        .getErr()
        .println(
            "remask: "
                + message.lines().findFirst().orElse(message)
                + " (more in "
                + LogFile.path()
                + ")");
    return FAILED;
  }
}
