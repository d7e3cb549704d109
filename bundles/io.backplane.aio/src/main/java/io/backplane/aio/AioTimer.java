package io.backplane.aio;

/** A one-shot timer of one context; arm it again in the callback for a period. */
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
