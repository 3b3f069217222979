package dev.remask.schemas;

import java.util.Map;
import org.apache.avro.specific.SpecificRecord;

/**
 * A topic as every part of Remask sees it, declared once.
 *
 * @param partitions how many it must have; a topic with another number is refused, never altered
 * @param config the topic settings that its contract depends on
 */
public record Topic<V extends SpecificRecord>(
    String name, Class<V> valueType, int partitions, Map<String, String> config) {}
