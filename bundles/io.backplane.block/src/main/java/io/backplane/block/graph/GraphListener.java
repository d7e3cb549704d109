package io.backplane.block.graph;

import io.backplane.aio.GlobalState;

/** Notices of the graph for control: runs in main, outside a coroutine; must not suspend. */
public interface GraphListener {

    /** An image was found corrupt (BLOCK_IMAGE_CORRUPTED). */
    @GlobalState
    default void imageCorrupted(BlockNode node, String message, long offset, long bytes,
            boolean fatal) {
    }

    /** A node's length changed. */
    @GlobalState
    default void resized(BlockNode node) {
    }

    /** The set of drivers changed. */
    @GlobalState
    default void driversChanged() {
    }
}
