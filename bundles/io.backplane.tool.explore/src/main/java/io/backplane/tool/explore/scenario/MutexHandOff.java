package io.backplane.tool.explore.scenario;

import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Coroutines of three contexts take turns at a mutex that they hold over a suspension, two of them
 * as takers that wait on its queue for what the third puts. One owner at a time, no lost wake.
 */
@Rule({"C1", "C5"})
public final class MutexHandOff implements Scenario {
    private static final String MUTEX = "io.backplane.aio.CoMutex";
    private static final String QUEUE = "io.backplane.aio.CoQueue";
    private static final int ITEMS = 2;

    @Override
    public String name() {
        return "R-MUTEX-HANDOFF";
    }

    @Override
    public String about() {
        return "a contended mutex and its queue across three contexts";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("contended-by-store", "a waiter looks whether the mutex is owned, then"
                                + " stores that it is contended",
                        Patch.call(MUTEX, "enqueue",
                                "java.util.concurrent.atomic.AtomicInteger", "compareAndSet",
                                MutexHandOff.class, "lookThenStore")),
                Bug.of("release-then-wait", "the queue releases its mutex, then joins the waiters",
                        Patch.call(QUEUE, "awaitWake", "java.util.ArrayDeque", "addLast",
                                MutexHandOff.class, "nothing"),
                        Patch.call(QUEUE, "awaitWake", MUTEX, "unlock", MutexHandOff.class,
                                "unlockThenJoin")));
    }

    /** Planted. */
    public static boolean lookThenStore(AtomicInteger state, int from, int to) {
        if (state.get() != from) {
            return false;
        }
        Preemption.point();
        state.set(to);
        return true;
    }

    /** Planted. */
    public static void nothing(ArrayDeque<?> waiters, Object self) {
        // joins later
    }

    /** Planted. */
    public static void unlockThenJoin(CoMutex mutex, Object queue) {
        Inside.call(mutex, "unlock");
        Preemption.point();
        Inside.<ArrayDeque<Coroutine>>get(queue, "waiters").addLast(Coroutine.current());
    }

    @Override
    public void run(SimWorld world, String bug) {
        CoMutex mutex = new CoMutex();
        CoQueue queue = new CoQueue(mutex);
        int[] items = new int[1];
        int[] owners = new int[1];
        for (int i = 1; i <= 2; i++) {
            world.go(world.ioThread("io" + i), "taker " + i, () -> {
                try (CoMutex.Held held = mutex.awaitLock()) {
                    assert held != null;
                    enter(owners);
                    while (items[0] == 0) {
                        owners[0]--;
                        queue.awaitWake();
                        enter(owners);
                    }
                    items[0]--;
                    owners[0]--;
                }
            });
        }
        for (int i = 0; i < ITEMS; i++) {
            try (CoMutex.Held held = mutex.awaitLock()) {
                assert held != null;
                enter(owners);
                if (world.pick(2) == 1) {
                    Coroutine.awaitYield();
                }
                items[0]++;
                queue.wakeNext();
                owners[0]--;
            }
        }
    }

    private static void enter(int[] owners) {
        if (++owners[0] != 1) {
            throw new AssertionError(owners[0] + " owners of one mutex");
        }
    }
}
