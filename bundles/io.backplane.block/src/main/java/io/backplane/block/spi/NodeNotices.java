package io.backplane.block.spi;

import io.backplane.aio.AnyThread;

/** What a driver node may tell the graph, from any thread, without waiting. */
public interface NodeNotices {

    /** The length may have changed outside a truncate request. */
    @AnyThread
    void lengthChanged();

    /** {@link DriverNode#drainedPoll} may have turned false: whoever drains looks again. */
    @AnyThread
    default void quiet() {
    }

    /** The limits have changed. */
    @AnyThread
    void limitsChanged();

    /**
     * The image is found corrupt: reported once as BLOCK_IMAGE_CORRUPTED.
     *
     * @param message what contradicts what
     * @param offset where in the image file, -1: nowhere in particular
     * @param bytes how much of it, -1: unknown
     * @param fatal whether the node refuses further requests
     */
    @AnyThread
    void imageCorrupted(String message, long offset, long bytes, boolean fatal);
}
