package io.backplane.aio;

/**
 * A one-shot timer of one context. Only one that is periodic is armed again in its own callback
 * (see {@link AioContext#newPeriodicTimer}).
 */
public interface AioTimer extends AutoCloseable {

    /** Fires once at {@code deadlineNs} of {@link AioContext#nowNs}; replaces an earlier arming. */
    @AnyThread
    void armAt(long deadlineNs);

    /** Forgets the arming; a callback already running is not waited for. */
    @AnyThread
    void disarm();

    /** Disarms for good. */
    @Override
    @AnyThread
    void close();
}
