package io.backplane.aio;

import java.util.List;

/** The event loops of the process: the main context and the I/O threads. One service. */
public interface EventLoops {

    /** The context of global state. */
    @AnyThread
    AioContext main();

    /**
     * Starts an I/O thread.
     *
     * @param id its name, unique among I/O threads
     * @param polling its adaptive polling
     * @throws IllegalArgumentException if {@code id} is taken
     */
    @GlobalState
    @Suspends
    IoThread awaitCreate(String id, PollingOptions polling);

    /** The I/O thread called {@code id}, or null. */
    @AnyThread
    IoThread find(String id);

    /** All I/O threads in order of creation. */
    @AnyThread
    List<IoThread> ioThreads();

    /**
     * What each context does now, main first; for loops that hang. Reads without stopping or
     * waiting for anything, so it answers whatever the contexts do.
     */
    @AnyThread
    default List<ContextReport> reports() {
        return List.of();
    }
}
