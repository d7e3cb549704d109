package io.backplane.tool.explore.scenario;

import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.sim.Preemption;
import java.util.concurrent.locks.LockSupport;

/** A poller without descriptors: its wait ends by a wake only. */
final class ParkedPoller implements Poller {
    /** Makes them. */
    static final class Factory implements PollerFactory {
        @Override
        public String mechanism() {
            return "parked";
        }

        @Override
        public Poller open() {
            return new ParkedPoller();
        }
    }

    private final Thread owner = Thread.currentThread();
    private boolean woken;
    private boolean closed;

    @Override
    public String mechanism() {
        return "parked";
    }

    @Override
    public FdHandler watch(int fd, Runnable readable, Runnable writable) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int poll(long timeoutNs) {
        Preemption.point();
        while (!woken && timeoutNs != 0) {
            LockSupport.park(this);
        }
        woken = false;
        return 0;
    }

    @Override
    public boolean hasWork() {
        return woken;
    }

    @Override
    public void wake() {
        Preemption.point();
        if (closed) {
            throw new IllegalStateException("wake of a closed poller");
        }
        woken = true;
        LockSupport.unpark(owner);
    }

    @Override
    public void close() {
        closed = true;
    }
}
