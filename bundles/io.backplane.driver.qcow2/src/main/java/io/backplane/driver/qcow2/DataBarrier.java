package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes data stable before the L2 entries that will show it, for writes whose place on the host
 * may hold something else than what the guest had there. All who wait at a time share one flush.
 */
final class DataBarrier {
    // Immutable
    private final Qcow2Image image;
    private final CoMutex flushing = new CoMutex("the flush of qcow2 data");

    // Any thread
    private final AtomicLong arrived = new AtomicLong();

    // Under flushing
    private long covered;

    DataBarrier(Qcow2Image image) {
        this.image = image;
    }

    /** Returns when all data written before the call is stable. */
    void awaitStable() throws BlockException {
        if (image.noFlush) {
            return;
        }
        long mine = arrived.incrementAndGet();
        try (CoMutex.Held _ = flushing.awaitLock()) {
            if (covered >= mine) {
                return;
            }
            long last = arrived.get();
            image.data.child.flush();
            covered = last;
        }
    }
}
