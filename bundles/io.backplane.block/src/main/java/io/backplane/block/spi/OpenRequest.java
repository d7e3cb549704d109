package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.memory.BufferPool;

/** What a driver gets to open a node. Valid until the node is closed. */
public interface OpenRequest {

    /** The options, an instance of the driver's options type. */
    @AnyThread
    Record options();

    /** The node-name. */
    @AnyThread
    String nodeName();

    /** Whether nothing may be written. */
    @AnyThread
    boolean readOnly();

    /** Whether to open read-only what may not be opened for writing, rather than to fail. */
    @AnyThread
    default boolean autoReadOnly() {
        return false;
    }

    /** Whether the page cache is to be bypassed. */
    @AnyThread
    boolean direct();

    /** Whether flushes to stable storage are to be skipped. */
    @AnyThread
    boolean noFlush();

    /** Whether discards are to be passed on. */
    @AnyThread
    boolean unmap();

    /** Whether other processes may write. */
    @AnyThread
    boolean forceShare();

    /**
     * The child called {@code name} (the option's wire name, such as {@code file}), or null if the
     * options name none.
     */
    @AnyThread
    BlockChild child(String name);

    /** Aligned buffers of the graph. */
    @AnyThread
    BufferPool buffers();

    /** How the node speaks to the graph later on. */
    @AnyThread
    NodeNotices notices();

    /** What the node's predecessor handed over; empty unless it is a thaw. */
    @AnyThread
    default HandOver handOver() {
        return new HandOver();
    }
}
