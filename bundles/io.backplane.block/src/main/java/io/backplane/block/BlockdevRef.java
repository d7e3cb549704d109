package io.backplane.block;

import io.backplane.schema.Alternate;

/** A child of a node: an existing node by name, or the definition of a new one. */
@Alternate
public sealed interface BlockdevRef {
    /** An existing node. */
    record ByName(String nodeName) implements BlockdevRef {
    }

    /** A node to make, deleted with its parent unless it has a name. */
    record Inline(BlockdevOptions options) implements BlockdevRef {
    }
}
