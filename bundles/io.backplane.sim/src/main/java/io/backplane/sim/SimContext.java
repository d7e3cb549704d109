package io.backplane.sim;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.CoroutinePool;
import io.backplane.aio.Current;
import io.backplane.aio.EventNotifier;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.sys.CoroutineThreads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A context of a {@link SimWorld}. Callbacks run in the order of their scheduling, and so do
 * coroutines; but callbacks, coroutines, due timers and notices of notifiers come in any order to
 * each other. Callbacks run on a thread of their own, so that they can be preempted.
 *
 * <p>It watches simulated notifiers only, and never polls them by their user-space check.
 */
public final class SimContext implements AioContext {
    private final SimWorld world;
    private final String name;
    private final boolean main;
    private final int actor;
    private final CoroutinePool coroutines;
    private final Poller poller = new SimPoller();
    private final ArrayDeque<SimEvent> callbacks = new ArrayDeque<>();
    private final ArrayDeque<SimEvent> ready = new ArrayDeque<>();
    private final List<SimWatch> watches = new ArrayList<>();
    private final SimEvent goOn;

    private volatile Runnable preemptedTask;
    private Thread loop;
    private volatile Runnable loopTask;
    private Runnable loopItem;
    private boolean loopBusy;
    private boolean loopEnded;

    SimContext(SimWorld world, String name, boolean main) {
        this.world = world;
        this.name = name;
        this.main = main;
        actor = world.newActor();
        coroutines = new CoroutinePool(this);
        goOn = new Event("goes on") {
            @Override
            void run() {
                resume();
            }
        };
        world.add(this);
    }

    int actor() {
        return actor;
    }

    SimWorld world() {
        return world;
    }

    /** How many notifiers are watched here. */
    public int watchCount() {
        return watches.size();
    }

    // ---- what can happen next

    void collect(List<SimEvent> to) {
        if (preemptedTask != null || loopBusy && loopTask != null) {
            to.add(goOn);
        } else if (!loopBusy) {
            if (!callbacks.isEmpty()) {
                to.add(callbacks.peekFirst());
            }
            if (!ready.isEmpty()) {
                to.add(ready.peekFirst());
            }
            for (int i = 0; i < watches.size(); i++) {
                if (watches.get(i).isDue()) {
                    to.add(watches.get(i).notice());
                }
            }
            for (SimTimer timer : world.clock().armed()) {
                if (timer.context() == this && timer.deadlineNs() <= world.nowNs()) {
                    to.add(timer.due());
                }
            }
        }
    }

    private void resume() {
        Runnable now = preemptedTask;
        if (now != null) {
            preemptedTask = null;
        } else {
            now = loopTask;
            loopTask = null;
        }
        now.run();
    }

    /** An event of this context. */
    private abstract class Event extends SimEvent {
        private final String what;

        Event(String what) {
            super(actor, name);
            this.what = what;
        }

        @Override
        public String what() {
            return what;
        }

        @Override
        boolean canGoOn() {
            return preemptedTask != null || loopTask != null;
        }

        @Override
        void goOn() {
            resume();
        }
    }

    /** An event that runs {@code body} as loop code, after {@code before}. */
    SimEvent onLoop(String what, Runnable body, Runnable before) {
        return new Event(what) {
            @Override
            void run() {
                before.run();
                runOnLoop(body);
            }
        };
    }

    private void post(String what, Runnable body) {
        callbacks.addLast(onLoop(what, body, callbacks::pollFirst));
    }

    private void runOnLoop(Runnable body) {
        loopItem = body;
        loopBusy = true;
        if (loop == null) {
            loop = CoroutineThreads.newThread(this::loopRunnable, name, this::loop);
            loop.start();
        } else {
            java.util.concurrent.locks.LockSupport.unpark(loop);
        }
        resume();
    }

    private void loopRunnable(Runnable continuation) {
        world.takeYielding();
        loopTask = continuation;
    }

    private void loop() {
        Current.enterLoop(this);
        while (!loopEnded) {
            Runnable item = loopItem;
            loopItem = null;
            if (item != null) {
                try {
                    item.run();
                } catch (Throwable e) {
                    world.fail(e);
                }
            }
            loopBusy = false;
            while (loopItem == null && !loopEnded) {
                java.util.concurrent.locks.LockSupport.park();
            }
        }
    }

    void close() {
        coroutines.close();
    }

    void endLoop() {
        if (loop != null && !loopBusy) {
            loopEnded = true;
            java.util.concurrent.locks.LockSupport.unpark(loop);
            if (loopTask != null) {
                resume();
            }
        }
    }

    void describeBlocked(StringBuilder text) {
        if (loopBusy && loopTask == null) {
            SimTrace.stack(text, name + ", a callback", loop.getStackTrace());
        }
    }

    // ---- AioContext

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isMain() {
        return main;
    }

    @Override
    public void schedule(Runnable callback) {
        post("callback", callback);
    }

    @Override
    public BottomHalf newBottomHalf(String title, Runnable callback) {
        return new SimBottomHalf(this, title, callback);
    }

    void post(SimBottomHalf half) {
        post("bottom half " + half, half::run);
    }

    @Override
    public void spawn(Runnable body) {
        Runnable watched = () -> {
            try {
                body.run();
            } catch (Throwable e) {
                world.fail(e);
            }
        };
        if (!coroutines.tryStart(watched)) {
            post("spawn", () -> coroutines.start(watched));
        }
    }

    @Override
    public void execute(Runnable continuation) {
        if (world.takeYielding()) {
            preemptedTask = continuation;
            return;
        }
        ready.addLast(new Event("coroutine") {
            @Override
            void run() {
                ready.pollFirst();
                continuation.run();
            }
        });
    }

    @Override
    public CoroutinePool coroutines() {
        return coroutines;
    }

    @Override
    public long nowNs() {
        return world.nowNs();
    }

    @Override
    public AioTimer newTimer(String title, Runnable callback) {
        return new SimTimer(this, world.clock(), title, callback);
    }

    /** It fires only if the property says {@code on}: what needs it is found. */
    @Override
    public AioTimer newPeriodicTimer(String title, Runnable callback) {
        AioTimer timer = newTimer(title, callback);
        if (!"on".equals(System.getProperty(PERIODIC_TIMERS))) {
            timer.close();
        }
        return timer;
    }

    @Override
    public FdHandler watch(int fd, String title, Runnable readable, Runnable writable) {
        throw new UnsupportedOperationException("no descriptors in a simulated world: " + title);
    }

    @Override
    public FdHandler watch(EventNotifier notifier, String title, Runnable signalled,
            BooleanSupplier poll) {
        if (!isCurrent()) {
            throw new IllegalStateException("must run in context " + name);
        }
        SimWatch watch = new SimWatch(this, (SimNotifier) notifier, title, signalled);
        watches.add(watch);
        return watch;
    }

    void forget(SimWatch watch) {
        if (!isCurrent()) {
            throw new IllegalStateException("must run in context " + name);
        }
        watches.remove(watch);
    }

    @Override
    public Poller poller() {
        return poller;
    }

    @Override
    public String toString() {
        return name;
    }
}
