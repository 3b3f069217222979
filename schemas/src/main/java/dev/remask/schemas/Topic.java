package dev.remask.schemas;

import java.util.Map;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;

/**
 * A topic as every part of Remask sees it, declared once.
 *
 * @param partitions how many it must have; a topic with another number is refused, never altered
 * @param config the settings that it is made with
 * @param required those of them without which it could lose what it is there to keep; a topic that
 *     has others is refused, never altered
 */
public record Topic<V extends SpecificRecord>(
    String name,
    Class<V> valueType,
    int partitions,
    Map<String, String> config,
    Set<String> required) {}
