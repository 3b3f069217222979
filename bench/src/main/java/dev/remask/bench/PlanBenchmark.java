package dev.remask.bench;

import dev.remask.schemas.PlanReader;
import dev.remask.schemas.PlannedEpoch;
import dev.remask.schemas.SequenceKey;
import dev.remask.topology.Planner;
import java.time.Clock;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.consumer.Consumer;

/**
 * Seconds from the plan of an epoch until a committed reader is handed its first masked example, in
 * an instance that runs and has nothing else to do. Planned as {@code remask replay} does it, in
 * this process; the epoch before is done, and after it comes a pause of random length.
 */
final class PlanBenchmark implements Benchmark {
  private static final int LEAST = 10;
  private static final int DOCUMENTS_EACH = 25;
  private static final int PAUSE_MS_MAX = 500;
  private static final long LOOK_MS = 50;

  @Override
  public List<Row> run(Setup setup) throws Exception {
    int plans = Math.max(LEAST, setup.runs());
    double[] planned = new double[plans];
    double[] whole = new double[plans];
    try (LiveRun run = new LiveRun(setup);
        PlanReader reader = new PlanReader(run.clients(), run.topics());
        Consumer<byte[], byte[]> examples =
            run.reader(run.topics().examples(run.name(), run.partitions()))) {
      run.warmUp(DOCUMENTS_EACH);
      int orderWindow = epochs(run, reader).get(0).plan().getOrderWindow();
      Random random = new Random(1);
      for (int i = 0; i < plans; i++) {
        Thread.sleep(random.nextInt(PAUSE_MS_MAX));
        long start = System.nanoTime();
        int epoch = plan(run, orderWindow);
        long committed = System.nanoTime();
        SequenceKey unused = run.next(examples);
        long first = System.nanoTime();
        planned[i] = (first - committed) / 1e9;
        whole[i] = (first - start) / 1e9;
        while (!epochs(run, reader).get(epoch).done()) {
          Thread.sleep(LOOK_MS);
        }
        LiveRun.toEnd(examples);
      }
    }
    Sample since = new Sample(planned);
    Sample all = new Sample(whole);
    return List.of(
        since.row("plan", since.median(), "s"),
        since.row("plan-max", since.max(), "s"),
        all.row("plan-whole", all.median(), "s"),
        all.row("plan-whole-max", all.max(), "s"));
  }

  /** The number of the epoch that is planned when this returns. */
  private static int plan(LiveRun run, int orderWindow) {
    try (Planner planner = new Planner(run.clients(), run.topics(), run.name())) {
      return planner
          .plan(run.dataset(), 1, orderWindow, Clock.systemUTC().instant())
          .get(0)
          .epoch();
    }
  }

  private static List<PlannedEpoch> epochs(LiveRun run, PlanReader reader) {
    reader.readToEnd();
    return List.copyOf(reader.epochs(run.name()).values());
  }
}
