package io.backplane.virtio;

import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;

/** What a device does with the requests of one queue. Queue's home context, in coroutines. */
public interface QueueHandler {

    /**
     * Handles one request to its end: ending the element is the last thing it does. While it is
     * suspended, further requests are handled by other coroutines.
     */
    @Suspends
    @IoCode
    void handle(VirtQueueElement element);

    /**
     * The queue begins to take requests. From here to {@link #leave} whoever drains must wait;
     * afterwards the requests that are still in flight count themselves. Nothing to do for a
     * device without a disk.
     */
    @NoSuspend
    default void enter() {
    }

    /** The queue has stopped taking requests for now. */
    @NoSuspend
    default void leave() {
    }
}
