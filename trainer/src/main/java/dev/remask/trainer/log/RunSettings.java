package dev.remask.trainer.log;

import dev.remask.schemas.Dataset;
import dev.remask.schemas.Replication;
import dev.remask.schemas.Topics;
import dev.remask.trainer.Recipe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;

/**
 * What a trainer needs to know.
 *
 * @param clients what every client gets: {@code bootstrap.servers}, {@code schema.registry.url} and
 *     what passes through
 * @param replication of the topics that it makes
 * @param run its name
 * @param dataset what the run learns
 * @param model settings that the weights depend on besides the recipe, by key: the model's shape,
 *     its seed, what it started from. They stay the same for the life of the run.
 * @param positions tokens that the model takes at most
 * @param checkpoints the run's folder
 * @param evaluateEverySteps steps between two looks at held-out text; 0 for none
 * @param heldOutSegmentsMax how much of it is looked at
 * @param verify whether every example of the topic is compared with what its segment and plan give
 * @param outageMax how long a broker or a registry may be away before the trainer ends
 */
public record RunSettings(
    Map<String, ?> clients,
    Topics topics,
    Replication replication,
    String run,
    Dataset dataset,
    Recipe recipe,
    SortedMap<String, String> model,
    int positions,
    Path checkpoints,
    long evaluateEverySteps,
    int heldOutSegmentsMax,
    boolean verify,
    Duration outageMax) {}
