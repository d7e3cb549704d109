package io.backplane.aio;

/**
 * What one context waits with; a host I/O bundle implements it, the event loop drives it. File
 * I/O engines that complete through the same mechanism (io_uring) recognise their own poller.
 *
 * <p>All methods belong to the owner thread, except {@link #wake}.
 */
public interface Poller extends AutoCloseable {
    /** Wait until something happens. */
    long FOREVER_NS = -1;

    /** Name of the mechanism, such as {@code io_uring} or {@code epoll}. */
    @AnyThread
    String mechanism();

    /**
     * Starts watching {@code fd} until the handle is closed. Notices are edge-like.
     *
     * @param readable run by {@link #poll} when readable, in error or hung up; null: not watched
     * @param writable run by {@link #poll} when writable; null: not watched
     */
    @IoOrGlobalState
    @NoSuspend
    FdHandler watch(int fd, @NoSuspend Runnable readable, @NoSuspend Runnable writable);

    /**
     * Submits queued I/O, waits at most {@code timeoutNs} ({@link #FOREVER_NS}: no limit, 0: not at
     * all) and runs the callbacks and completions that are due, a bounded number.
     *
     * @return how many ran
     */
    @IoOrGlobalState
    @NoSuspend
    int poll(long timeoutNs);

    /** Whether {@link #poll}(0) would find work, by reading memory only. */
    @IoOrGlobalState
    @NoSuspend
    boolean hasWork();

    /** Makes a running or the next {@link #poll} return soon. Any thread. */
    @AnyThread
    void wake();

    /** Frees the mechanism; all handles are closed. */
    @Override
    @IoOrGlobalState
    @NoSuspend
    void close();
}
