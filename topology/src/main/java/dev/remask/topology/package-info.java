/** How it flows: packing, masking and epochs as Kafka Streams topologies. */
@NullMarked
package dev.remask.topology;

import org.jspecify.annotations.NullMarked;
