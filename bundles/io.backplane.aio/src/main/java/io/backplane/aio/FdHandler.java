package io.backplane.aio;

/**
 * A watched file descriptor of one context; closing ends the watch. Notices are edge-like: a
 * callback must read or write until it would block. Home context only.
 */
public interface FdHandler extends AutoCloseable {

    /** Switches the watch for writability on or off; on at the start if there is a callback. */
    @IoOrGlobalState
    @NoSuspend
    void watchWritable(boolean on);

    /** After this no callback runs, not even one that was already due. */
    @Override
    @IoOrGlobalState
    @NoSuspend
    void close();
}
