/**
 * What masked language modelling means, as pure functions: vocabulary, packing, masking, order.
 * Knows nothing of Kafka, Avro or ND4J.
 */
@NullMarked
package dev.remask.mlm;

import org.jspecify.annotations.NullMarked;
