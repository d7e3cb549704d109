package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;

/**
 * Whether it is worth asking the image file where the holes of data clusters are: if the file
 * takes up much less storage than its clusters in use would (their space was given to the guest
 * beforehand). The threshold is that of other programs, so that all tell the same of an image.
 */
final class Sparseness {
    // Immutable
    private final Qcow2Image image;

    // Any thread
    private volatile boolean known;
    private volatile boolean sparse;

    Sparseness(Qcow2Image image) {
        this.image = image;
    }

    /** Finds out, the first time. */
    @Suspends
    void awaitKnown() {
        if (known) {
            return;
        }
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            sparse = !known ? awaitLook() : sparse;
        } catch (BlockException e) {
            sparse = false; // a table is damaged: whoever needs it reports it
        }
        known = true;
    }

    @Suspends
    private boolean awaitLook() throws BlockException {
        long stored = image.file.child.allocatedBytes() >> image.layout.clusterBits();
        if (stored < 0) {
            return false;
        }
        long enough = Math.max(stored + stored / 9, stored + 2);
        long clusters = image.file.length() + image.layout.clusterMask()
                >> image.layout.clusterBits();
        long used = 0;
        for (long c = 0; c < clusters && used < enough; c++) {
            if (image.refcounts.awaitGet(c) != 0) {
                used++;
            }
        }
        return used >= enough;
    }

    /** What was found; false before. */
    boolean isSparse() {
        return sparse;
    }
}
