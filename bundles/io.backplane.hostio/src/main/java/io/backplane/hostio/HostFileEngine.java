package io.backplane.hostio;

import io.backplane.aio.AnyThread;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;

/**
 * Opens host files for one way of doing I/O ({@code aio=}); a service with the property
 * {@code backplane.aio} = {@link #aio}: {@code io_uring}, {@code threads}, or a simulated one.
 */
public interface HostFileEngine {

    /** The name users type: {@code io_uring}, {@code threads}, {@code nio}. */
    @AnyThread
    String aio();

    /**
     * Whether it works on this host; null if it does, else the reason, for a warning before
     * falling back.
     */
    @AnyThread
    String unavailableReason();

    /**
     * Opens a file.
     *
     * @throws HostIoException with the errno of the failing call
     */
    @Suspends
    @IoCode
    HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException;

    /**
     * Whether {@code file} needs no other engine than this one: it was opened here. A file whose
     * engine is gone can be closed, and nothing else; so a file that was handed over by somebody
     * who opened it with an engine of his time is to be opened again if this says no.
     */
    @AnyThread
    boolean serves(HostFile file);
}
