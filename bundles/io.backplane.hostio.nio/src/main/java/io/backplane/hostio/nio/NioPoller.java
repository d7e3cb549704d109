package io.backplane.hostio.nio;

import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Waits by parking the owner thread. */
final class NioPoller implements Poller {
    static final String MECHANISM = "nio";

    // Immutable
    private final Thread owner;

    // Any thread
    private final AtomicBoolean woken = new AtomicBoolean();

    NioPoller(Thread owner) {
        this.owner = owner;
    }

    @Override
    public String mechanism() {
        return MECHANISM;
    }

    @Override
    public FdHandler watch(int fd, Runnable readable, Runnable writable) {
        throw new UnsupportedOperationException("the nio poller watches no descriptors");
    }

    @Override
    public int poll(long timeoutNs) {
        if (timeoutNs == FOREVER_NS) {
            while (!woken.get()) {
                LockSupport.park(this);
                Thread.interrupted(); // means nothing here, and would keep park from waiting
            }
        } else if (timeoutNs > 0 && !woken.get()) {
            LockSupport.parkNanos(this, timeoutNs);
        }
        woken.set(false);
        return 0;
    }

    @Override
    public boolean hasWork() {
        return woken.get();
    }

    @Override
    public void wake() {
        woken.set(true);
        LockSupport.unpark(owner);
    }

    @Override
    public void close() {
        // nothing held
    }
}
