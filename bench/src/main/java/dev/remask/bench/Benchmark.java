package dev.remask.bench;

import java.util.List;

/** Measures something, one row or more. A peer that this machine lacks is a note, not a failure. */
interface Benchmark {
  List<Row> run(Setup setup) throws Exception;
}
