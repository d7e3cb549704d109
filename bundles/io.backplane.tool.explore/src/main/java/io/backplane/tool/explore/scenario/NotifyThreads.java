package io.backplane.tool.explore.scenario;

import io.backplane.aio.BottomHalf;
import io.backplane.aio.PollingOptions;
import io.backplane.loop.EventLoop;
import io.backplane.rules.Rule;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * Two threads schedule the same bottom half of a shipped event loop that sleeps in between; the
 * bottom half schedules itself once more. A schedule that no run sees leaves the loop asleep for
 * ever. Only the poller, whose wait is the world's, is not the shipped one.
 *
 * <p>In the original a second thread pumps the same context. Here one thread owns a loop for its
 * life, so what is left of it is the wake rule and the "already scheduled" exchange.
 */
@Rule({"E1", "E2", "E3", "E4", "E5"})
public final class NotifyThreads implements Scenario {
    private static final String LOOP = "io.backplane.loop.EventLoop";
    private static final String HALF = "io.backplane.loop.LoopBottomHalf";
    private static final int TIMES = 2;

    @Override
    public String name() {
        return "R-NOTIFY-3T";
    }

    @Override
    public String about() {
        return "a bottom half scheduled by two threads and by itself while its loop falls asleep";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("dispatching-rule", "wakes only who waits, not who prepares to wait",
                        Patch.get(LOOP, "wakeIfWaiting", "notifyMe", NotifyThreads.class,
                                "onlyWaiting")),
                Bug.of("no-second-look", "the inbox is not read again once notifyMe is set",
                        Patch.get(LOOP, "waitForEvents", "inbox", NotifyThreads.class,
                                "nothing")),
                Bug.of("flag-cleared-late", "'already scheduled' is cleared after the run",
                        Patch.call(HALF, "run", "java.lang.invoke.VarHandle", "getAndBitwiseAnd",
                                NotifyThreads.class, "keepFlags"),
                        Patch.call(HALF, "run", "java.lang.Runnable", "run",
                                NotifyThreads.class, "runThenClear")));
    }

    /** Planted. */
    public static int onlyWaiting(Object loop) {
        return "waiting".equals(Inside.get(loop, "phase")) ? 1 : 0;
    }

    /** Planted. */
    public static Object nothing(Object loop) {
        return null;
    }

    /** Planted. */
    public static int keepFlags(VarHandle flags, Object half, int mask) {
        return Inside.<Integer>get(half, "flags");
    }

    /** Planted. */
    public static void runThenClear(Runnable body, Object half) {
        body.run();
        io.backplane.sim.Preemption.point();
        Inside.set(half, "flags", 0);
    }

    @Override
    public void run(SimWorld world, String bug) {
        EventLoop loop = new EventLoop("L", false, PollingOptions.OFF, () -> false,
                world::nowNs);
        world.thread("L", () -> {
            Inside.call(loop, "open", List.of(new ParkedPoller.Factory()));
            Inside.call(loop, "run");
        });
        int[] written = new int[2];
        int[] seen = new int[2];
        boolean[] again = new boolean[1];
        BottomHalf[] half = new BottomHalf[1];
        half[0] = loop.newBottomHalf("half", () -> {
            seen[0] = written[0];
            seen[1] = written[1];
            if (!again[0]) {
                again[0] = true;
                half[0].schedule();
            } else if (seen[0] == TIMES && seen[1] == TIMES) {
                loop.schedule(() -> Inside.call(loop, "requestStop"));
            }
        });
        for (int worker = 0; worker < 2; worker++) {
            int me = worker;
            world.thread(me == 0 ? "V" : "W", () -> {
                for (int i = 1; i <= TIMES; i++) {
                    written[me] = i;
                    half[0].schedule();
                }
            });
        }
    }
}
