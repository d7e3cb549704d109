package io.backplane.hostio.uring;

import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.hostio.posix.PosixFile;

/**
 * {@code aio=io_uring}: requests go to the ring of the context that submits them. What the ring
 * does not do, and all requests from contexts without a ring, block threads of a small pool.
 */
public final class UringFileEngine implements HostFileEngine, AutoCloseable {
    private static final int THREADS_MAX = 16;

    // Immutable
    private final BlockingPool pool = new BlockingPool("backplane-uring-pool", THREADS_MAX);

    /** An engine without threads yet. */
    public UringFileEngine() {
    }

    @Override
    public String aio() {
        return UringPoller.MECHANISM;
    }

    @Override
    public String unavailableReason() {
        try {
            Ring.open(1, 2).close();
            return null;
        } catch (HostIoException e) {
            return e.getMessage();
        }
    }

    @Override
    public HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException {
        return new UringFile(PosixFile.awaitOpen(pool, path, flags));
    }

    @Override
    public boolean serves(HostFile file) {
        return file instanceof UringFile uring && uring.runsOn(pool);
    }

    /** Ends the pool; its files must not be used any more. */
    @Override
    public void close() {
        pool.close();
    }
}
