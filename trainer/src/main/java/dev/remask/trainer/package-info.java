/** How it learns: the loop, its checkpoints, its configuration. */
@NullMarked
package dev.remask.trainer;

import org.jspecify.annotations.NullMarked;
