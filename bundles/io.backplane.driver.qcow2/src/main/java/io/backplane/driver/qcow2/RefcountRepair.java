package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.spi.CheckableNode.CheckReport;

/**
 * Makes refcounts right again in an image that was not closed cleanly with lazy refcounts: counts
 * all references and sets each refcount to its count. New refcount blocks go behind everything
 * that is in use. Runs while the image is opened, before any other request.
 */
final class RefcountRepair {
    // Immutable
    private final Qcow2Image image;
    private final ImageNames names;

    RefcountRepair(Qcow2Image image, ImageNames names) {
        this.image = image;
        this.names = names;
    }

    void awaitRun() throws BlockException {
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            awaitSetAll();
        }
        image.writeBack.awaitFlushAll();
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.awaitMarkClean();
        }
    }

    private void awaitSetAll() throws BlockException {
        FirstError first = new FirstError();
        Layout layout = image.layout;
        Qcow2Check check = new Qcow2Check(image, names, first);
        References references = check.awaitCountForRepair();
        if (first.message != null) {
            throw new BlockException(Kind.IO, "Could not repair dirty image: " + first.message);
        }
        long end = references.end();
        image.file.awaitUse(0, end << layout.clusterBits());
        image.refcounts.hint(end);
        for (long c = references.next(0); c >= 0; c = references.next(c + 1)) {
            image.refcounts.awaitSet(c, references.get(c));
        }
        int perBlock = 1 << layout.refcountBlockBits();
        for (int i = 0; i < image.refcounts.tableCount(); i++) {
            if (image.refcounts.tableEntry(i) == 0) {
                continue;
            }
            long base = (long) i << layout.refcountBlockBits();
            for (long c = base; c < base + perBlock && c < end; c++) {
                if (references.get(c) == 0) {
                    image.refcounts.awaitSet(c, 0);
                }
            }
        }
        image.refcounts.hint(0);
    }

    /** Keeps the first thing that a count of references cannot mend. */
    private static final class FirstError implements CheckReport {
        String message;

        @Override
        public void error(String text) {
            message = message == null ? text : message;
        }

        @Override
        public void leak(String text) {
            // a leak is what a repair is for
        }
    }
}
