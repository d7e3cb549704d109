package io.backplane.sim;

import io.backplane.aio.Coroutine;
import java.util.ArrayList;
import java.util.List;

/** A piece of a scenario that runs to its end. */
public final class SimTask {
    private final SimWorld world;
    private final String name;
    private final List<Coroutine> waiters = new ArrayList<>();
    private boolean done;

    SimTask(SimWorld world, String name) {
        this.world = world;
        this.name = name;
    }

    /** What it is called in traces. */
    public String name() {
        return name;
    }

    /** Whether it has ended. */
    public boolean isDone() {
        return done;
    }

    void run(SimWorld.Body body) {
        try {
            body.run();
        } catch (Throwable e) {
            world.fail(e);
        }
        done = true;
        List<Coroutine> now = List.copyOf(waiters);
        waiters.clear();
        now.forEach(Coroutine::wake);
    }

    /** Suspends the calling coroutine until it has ended. */
    public void await() {
        while (!done) {
            waiters.add(Coroutine.current());
            Coroutine.suspend();
        }
    }
}
