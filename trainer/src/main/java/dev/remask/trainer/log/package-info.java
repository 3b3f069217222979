/**
 * Where the loop meets Kafka: examples come in, the ledger goes out. Nothing here knows how a model
 * computes.
 */
@NullMarked
package dev.remask.trainer.log;

import org.jspecify.annotations.NullMarked;
