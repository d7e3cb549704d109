package io.backplane.sim;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollingOptions;
import java.util.ArrayList;
import java.util.List;

/** The loops of a {@link SimWorld}. */
public final class SimEventLoops implements EventLoops {
    private final SimWorld world;
    private final SimContext main;
    private final List<SimIoThread> ioThreads = new ArrayList<>();

    SimEventLoops(SimWorld world) {
        this.world = world;
        main = new SimContext(world, "main", true);
    }

    @Override
    public SimContext main() {
        return main;
    }

    SimIoThread create(String id) {
        if (find(id) != null) {
            throw new IllegalArgumentException("iothread id '" + id + "' is taken");
        }
        SimIoThread thread = new SimIoThread(this, id, new SimContext(world, id, false));
        ioThreads.add(thread);
        return thread;
    }

    void remove(SimIoThread thread) {
        ioThreads.remove(thread);
    }

    @Override
    public IoThread awaitCreate(String id, PollingOptions polling) {
        if (AioContext.currentOrNull() != main) {
            throw new IllegalStateException("I/O threads are made in main");
        }
        return create(id);
    }

    @Override
    public IoThread find(String id) {
        for (SimIoThread thread : ioThreads) {
            if (thread.id().equals(id)) {
                return thread;
            }
        }
        return null;
    }

    @Override
    public List<IoThread> ioThreads() {
        return List.copyOf(ioThreads);
    }
}
