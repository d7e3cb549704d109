package io.backplane.block;

import io.backplane.schema.Alternate;

/** As {@link BlockdevRef}, with null for explicitly none (such as no backing file). */
@Alternate
public sealed interface BlockdevRefOrNull {
    /** An existing node. */
    record ByName(String nodeName) implements BlockdevRefOrNull {
    }

    /** A node to make, deleted with its parent unless it has a name. */
    record Inline(BlockdevOptions options) implements BlockdevRefOrNull {
    }

    /** Explicitly none. */
    record None() implements BlockdevRefOrNull {
    }
}
