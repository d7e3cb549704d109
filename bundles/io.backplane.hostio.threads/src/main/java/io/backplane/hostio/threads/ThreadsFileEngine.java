package io.backplane.hostio.threads;

import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.hostio.posix.PosixFile;

/** {@code aio=threads}: each request blocks a thread of one bounded pool. */
public final class ThreadsFileEngine implements HostFileEngine, AutoCloseable {
    private static final int THREADS_MAX = 64;

    // Immutable
    private final BlockingPool pool = new BlockingPool("backplane-pool", THREADS_MAX);

    /** An engine without threads yet. */
    public ThreadsFileEngine() {
    }

    @Override
    public String aio() {
        return "threads";
    }

    @Override
    public String unavailableReason() {
        return null;
    }

    @Override
    public HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException {
        return PosixFile.awaitOpen(pool, path, flags);
    }

    @Override
    public boolean serves(HostFile file) {
        return file instanceof PosixFile posix && posix.runsOn(pool);
    }

    /** Ends the pool; its files must not be used any more. */
    @Override
    public void close() {
        pool.close();
    }
}
