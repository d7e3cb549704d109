package io.backplane.aio;

/**
 * A deferred callback of one context. Scheduled any number of times before it runs, it runs once;
 * what was written before a schedule is visible to that run.
 */
public interface BottomHalf extends AutoCloseable {

    /** Asks for a run in the context; cheap when already asked for. */
    @AnyThread
    void schedule();

    /** Takes back a request that has not started to run. */
    @AnyThread
    void cancel();

    /** Never runs again after this, also when called from its own callback. */
    @Override
    @AnyThread
    void close();
}
