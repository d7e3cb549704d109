package io.backplane.aio;

/** A thread that runs one context, made by {@code object-add iothread}. */
public interface IoThread {

    /** Its id. */
    @AnyThread
    String id();

    /** Its event loop. */
    @AnyThread
    AioContext context();

    /** The kernel's thread id, for pinning. */
    @AnyThread
    int threadId();

    /** Its adaptive polling. */
    @AnyThread
    PollingOptions polling();

    /** Counts users such as exports and nodes; an I/O thread in use cannot be deleted. */
    @AnyThread
    InFlight users();

    /**
     * Stops the thread after its current turn and waits for its end.
     *
     * @throws IllegalStateException if it is in use
     */
    @GlobalState
    @Suspends
    void awaitStop();
}
