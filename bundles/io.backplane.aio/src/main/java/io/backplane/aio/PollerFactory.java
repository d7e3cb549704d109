package io.backplane.aio;

/**
 * Makes pollers; a service with the property {@code backplane.poller} = {@link #mechanism}. The
 * event loop takes the configured one, or the first that works by service ranking.
 */
public interface PollerFactory {

    /** Name of the mechanism, such as {@code io_uring} or {@code epoll}. */
    @AnyThread
    String mechanism();

    /**
     * Opens a poller for the calling thread, which becomes its owner.
     *
     * @throws java.io.IOException if the host refuses the mechanism; the message says why
     */
    @AnyThread
    Poller open() throws java.io.IOException;
}
