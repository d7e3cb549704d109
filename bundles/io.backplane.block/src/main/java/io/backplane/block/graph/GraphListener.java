package io.backplane.block.graph;

import io.backplane.aio.GlobalState;
import java.util.List;

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

    /** Nodes are without their driver from now on, or their requests fail from now on. */
    @GlobalState
    default void driverMissing(DriverAbsence absence) {
    }

    /** Nodes work again, with the driver that came. */
    @GlobalState
    default void driverRestored(String driver, List<String> nodes) {
    }

    /** A driver broke its contract in a node, whose requests wait or fail from now on. */
    @GlobalState
    default void driverFailed(DriverFault fault) {
    }

    /** A node went over to another version of its driver. */
    @GlobalState
    default void driverSwapped(DriverSwap swap) {
    }
}
