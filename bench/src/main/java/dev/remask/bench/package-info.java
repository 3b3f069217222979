/** How fast it is, next to its peers. */
@NullMarked
package dev.remask.bench;

import org.jspecify.annotations.NullMarked;
