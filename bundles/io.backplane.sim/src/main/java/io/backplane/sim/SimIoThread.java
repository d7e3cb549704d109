package io.backplane.sim;

import io.backplane.aio.AioWait;
import io.backplane.aio.InFlight;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollingOptions;

/** An I/O thread of a {@link SimWorld}. */
final class SimIoThread implements IoThread {
    private final SimEventLoops loops;
    private final String id;
    private final SimContext context;
    private final InFlight users = new InFlight(new AioWait(null));

    SimIoThread(SimEventLoops loops, String id, SimContext context) {
        this.loops = loops;
        this.id = id;
        this.context = context;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public SimContext context() {
        return context;
    }

    @Override
    public int threadId() {
        return 0;
    }

    @Override
    public PollingOptions polling() {
        return PollingOptions.OFF;
    }

    @Override
    public InFlight users() {
        return users;
    }

    @Override
    public void awaitStop() {
        if (users.count() != 0) {
            throw new IllegalStateException("iothread " + id + " is in use by " + users.count());
        }
        loops.remove(this);
    }
}
