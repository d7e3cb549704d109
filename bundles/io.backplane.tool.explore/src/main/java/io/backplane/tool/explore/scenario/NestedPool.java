package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Calls on the shipped thread pool end at the same time, and what follows one waits for the other;
 * each goes on in the context that made it. The pool's threads are threads of the world.
 */
@Rule("E7")
public final class NestedPool implements Scenario {
    private static final String POOL = "io.backplane.hostio.posix.BlockingPool";

    /** A call that takes no time. */
    private static final class Quick extends BlockingPool.Call {
        private final long answer;

        Quick(long answer) {
            this.answer = answer;
        }

        @Override
        protected long run(MemorySegment scratch) {
            Preemption.point();
            return answer;
        }
    }

    /** Planted: completions of a batch, and whether somebody will look at it. */
    private static final ConcurrentLinkedQueue<Coroutine> BATCH = new ConcurrentLinkedQueue<>();
    private static boolean scheduled;

    @Override
    public String name() {
        return "R-NESTED-POOL";
    }

    @Override
    public String about() {
        return "a pool completion that waits for another that came at the same time";
    }

    @Override
    public List<Patch> seams() {
        return List.of(Patch.call(POOL, "enqueue", "java.lang.Thread", "start",
                NestedPool.class, "startInWorld"));
    }

    /** Seam: the pool's threads belong to the world. */
    public static void startInWorld(Thread thread) {
        Preemption.world().spawnThread(thread.getName(), thread::run);
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("batch-flag-cleared-late", "completions are handed over in batches; one"
                                + " that comes while a batch ends is left behind",
                        Patch.call(POOL, "serve", "io.backplane.aio.Coroutine", "wake",
                                NestedPool.class, "wakeInBatch")),
                Bug.of("one-at-a-time", "the next completion is handed over when who got the one"
                                + " before has come back for more",
                        Patch.call(POOL, "serve", "io.backplane.aio.Coroutine", "wake",
                                NestedPool.class, "wakeAlone"),
                        Patch.call(POOL, "await", POOL, "enqueue", NestedPool.class,
                                "comeBack")));
    }

    /** Planted. */
    public static void wakeInBatch(Coroutine waiter) {
        BATCH.add(waiter);
        if (!scheduled) {
            scheduled = true;
            waiter.context().schedule(() -> {
                Coroutine next;
                while ((next = BATCH.poll()) != null) {
                    next.wake();
                }
                Preemption.point();
                scheduled = false;
            });
        }
    }

    /** Planted. */
    public static void wakeAlone(Coroutine waiter) {
        if (scheduled) {
            BATCH.add(waiter);
        } else {
            scheduled = true;
            waiter.wake();
        }
    }

    /** Planted. */
    public static void comeBack(Object pool, BlockingPool.Call call) {
        Inside.call(pool, "enqueue", call);
        Coroutine next = BATCH.poll();
        if (next != null) {
            next.wake();
        } else {
            scheduled = false;
        }
    }

    @Override
    public void run(SimWorld world, String bug) {
        BATCH.clear();
        scheduled = false;
        SimContext io = world.ioThread("io1");
        BlockingPool pool = new BlockingPool("pool", 2);
        world.atEnd(pool::close);
        AioWait wait = new AioWait(io);
        boolean[] done = new boolean[2];
        for (int i = 0; i < 2; i++) {
            int me = i;
            world.go(io, "handler " + me, () -> {
                await(pool, io, me);
                done[me] = true;
                wait.kick();
                wait.awaitWhile(() -> !done[1 - me]);
            });
        }
        await(pool, world.main(), 7);
    }

    private static void await(BlockingPool pool, AioContext home, long answer) {
        long got = pool.await(new Quick(answer));
        if (got != answer || AioContext.current() != home) {
            throw new AssertionError("answer " + got + " in " + AioContext.current()
                    + " instead of " + answer + " in " + home);
        }
    }
}
