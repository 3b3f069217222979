package dev.remask.app;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.Optional;
import picocli.CommandLine.Command;

/**
 * How a long-running command is watched from outside: its meters, its health, and the server that
 * tells both, unless {@code http.port} is -1. Opened before the work begins, so that a port that is
 * taken ends the program before anything is touched.
 */
final class Monitoring implements AutoCloseable {
  private static final int NONE = -1;
  private static final String TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";
  private static final double MILLIS_PER_SECOND = 1000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Optional<HealthServer> server;
  private volatile Health work = Health.STARTING;

  private Monitoring(String address, int port) {
    addProcessMeters(registry);
    server =
        port == NONE
            ? Optional.empty()
            : Optional.of(
                new HealthServer(
                    address,
                    port,
                    new Work(),
                    new HealthServer.Page(TEXT_FORMAT, () -> registry.scrape(TEXT_FORMAT))));
  }

  /**
   * @throws org.apache.kafka.common.config.ConfigException as {@link HealthServer}
   */
  static Monitoring open(Settings settings) {
    return new Monitoring(settings.text("http.address"), settings.integer("http.port"));
  }

  /** Where the command adds its meters. */
  MeterRegistry registry() {
    return registry;
  }

  /** From now on the work answers for itself; until then it is starting. */
  void watch(Health health) {
    work = health;
  }

  /** Where it answers, without a path. */
  Optional<String> url() {
    return server.map(
        s -> {
          InetSocketAddress address = s.address();
          String host = address.getAddress().getHostAddress();
          return "http://"
              + (host.contains(":") ? "[" + host + "]" : host)
              + ":"
              + address.getPort();
        });
  }

  @Override
  public void close() {
    server.ifPresent(HealthServer::close);
    registry.close();
  }

  /** Whatever is watched at the time of asking. */
  private final class Work implements Health {
    @Override
    public Optional<String> fault() {
      return work.fault();
    }

    @Override
    public Optional<String> notReady() {
      return work.notReady();
    }
  }

  private static void addProcessMeters(MeterRegistry registry) {
    Gauge.builder("remask.build.info", () -> 1)
        .description("The program's version and its Java; always 1")
        .tag("version", version())
        .tag("java", Runtime.version().toString())
        .register(registry);
    Gauge.builder("jvm.memory.used.bytes", Monitoring::heapUsedBytes)
        .description("Memory of the Java heap in use")
        .tag("area", "heap")
        .register(registry);
    // The counter holds what it counts only weakly; the registry lives as long as it does.
    FunctionCounter.builder("jvm.gc.seconds", registry, r -> collectionSeconds())
        .description("Time spent in garbage collection")
        .register(registry);
  }

  private static String version() {
    Command command = Main.class.getAnnotation(Command.class);
    String version = command == null ? "" : String.join(" ", command.version());
    return version.substring(version.lastIndexOf(' ') + 1);
  }

  private static long heapUsedBytes() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static double collectionSeconds() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
            .mapToLong(GarbageCollectorMXBean::getCollectionTime)
            .filter(millis -> millis > 0)
            .sum()
        / MILLIS_PER_SECOND;
  }
}
