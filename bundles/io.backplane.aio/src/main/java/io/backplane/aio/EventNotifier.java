package io.backplane.aio;

/** A wake-up that crosses threads and processes: an eventfd, or a simulated one. */
public interface EventNotifier extends AutoCloseable {

    /** The descriptor, or -1 for a simulated notifier. */
    @AnyThread
    int fd();

    /** Signals; never blocks, and signals add up to at least one notice. */
    @AnyThread
    void set();

    /** Whether it was signalled since the last call; never blocks. */
    @AnyThread
    boolean testAndClear();

    /** Closes the descriptor; handlers must be gone before. */
    @Override
    @AnyThread
    void close();
}
