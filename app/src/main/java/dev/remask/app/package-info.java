/** How people run it: the remask command and the single-machine stack. */
@NullMarked
package dev.remask.app;

import org.jspecify.annotations.NullMarked;
