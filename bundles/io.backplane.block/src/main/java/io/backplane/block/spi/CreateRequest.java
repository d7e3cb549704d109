package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevRef;
import io.backplane.memory.BufferPool;

/** What a driver gets to create an image. */
public interface CreateRequest {

    /**
     * Opens the node to create the image in, for reading, writing and resizing; closed by the
     * graph when the creation has ended.
     */
    @Suspends
    @GlobalState
    BlockChild awaitOpen(BlockdevRef ref) throws BlockException;

    /** Aligned buffers of the graph. */
    @AnyThread
    BufferPool buffers();

    /** Says how far it is, both in bytes, for the job and progress bars. */
    @IoCode
    @NoSuspend
    void progress(long done, long total);
}
