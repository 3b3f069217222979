/** What travels: the Avro records, the topics they live in, and the registry's wire format. */
@NullMarked
package dev.remask.schemas;

import org.jspecify.annotations.NullMarked;
