package io.backplane.sim;

import io.backplane.sys.CoroutineThreads;
import java.util.List;

/** A thread that runs no context. */
final class SimThread {
    private final SimWorld world;
    private final String name;
    private final int actor;
    private final Thread thread;
    private final SimEvent go;
    private volatile Runnable task;
    private boolean started;
    private boolean ended;

    SimThread(SimWorld world, String name, Runnable body) {
        this.world = world;
        this.name = name;
        actor = world.newActor();
        thread = CoroutineThreads.newThread(this::runnable, name, () -> {
            try {
                body.run();
            } catch (Throwable e) {
                world.fail(e);
            } finally {
                ended = true;
            }
        });
        go = new SimEvent(actor, name) {
            @Override
            public String what() {
                return started ? "goes on" : "starts";
            }

            @Override
            void run() {
                SimThread.this.goOn();
            }

            @Override
            boolean canGoOn() {
                return task != null;
            }

            @Override
            void goOn() {
                SimThread.this.goOn();
            }
        };
    }

    private void runnable(Runnable continuation) {
        world.takeYielding();
        task = continuation;
    }

    void start() {
        thread.start();
    }

    private void goOn() {
        started = true;
        Runnable now = task;
        task = null;
        now.run();
        if (ended) {
            world.forget(this);
        }
    }

    int actor() {
        return actor;
    }

    String name() {
        return name;
    }

    StackTraceElement[] stack() {
        return thread.getStackTrace();
    }

    void collect(List<SimEvent> to) {
        if (task != null) {
            to.add(go);
        }
    }
}
