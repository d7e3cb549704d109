package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.RunnerLoop;
import io.backplane.rules.Rule;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;

/**
 * A guest puts requests into a ring while the queue is drained, asked not to kick, and is silent
 * afterwards. They complete all the same, because who gets its run token back looks at the ring.
 */
@Rule({"E13", "E14", "D3", "V3", "V5"})
public final class LostNotify implements Scenario {
    private static final String RUNNER = "io.backplane.virtio.QueueRunner";
    private static final String QUEUE = "io.backplane.virtio.VirtQueue";
    private static final String TIMER = "lives-on-a-timer";
    private static final long TIMER_NS = 1_000_000;
    private static final int REQUESTS = 4;

    /** Planted: the watch at the last look. */
    private static Object watchSeen;
    /** Planted: what a timer kicks. */
    private static RunnerLoop unkicked;

    @Override
    public String name() {
        return "R-LOST-NOTIFY";
    }

    @Override
    public String about() {
        return "requests queued during a drain by a guest that is silent after it";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("no-self-kick", "the queue does not look at its ring when the drain ends",
                        Patch.call(RUNNER, "reconcile", "io.backplane.aio.RunnerLoop", "kick",
                                LostNotify.class, "nothing")),
                Bug.of("kick-with-new-watch-only", "the queue looks at its ring only if the"
                                + " notifier was not watched still",
                        Patch.call(RUNNER, "reconcile", "io.backplane.aio.RunnerLoop", "kick",
                                LostNotify.class, "kickIfNew")),
                Bug.of("no-second-look", "the ring is not read again after notifications were"
                                + " switched on",
                        Patch.call(QUEUE, "enableNotifications", QUEUE, "hasWork",
                                LostNotify.class, "no")),
                Bug.of(TIMER, "a periodic timer finds what came during a drain",
                        Patch.call(RUNNER, "reconcile", "io.backplane.aio.RunnerLoop", "kick",
                                LostNotify.class, "leaveToTheTimer")));
    }

    /** Planted. */
    public static void nothing(Object loop) {
        // the kick is forgotten
    }

    /** Planted. */
    public static void kickIfNew(RunnerLoop loop, Object runner) {
        Object now = Inside.get(runner, "watch");
        if (now != watchSeen) {
            watchSeen = now;
            loop.kick();
        }
    }

    /** Planted. */
    public static boolean no(Object queue) {
        return false;
    }

    /** Planted. */
    public static void leaveToTheTimer(RunnerLoop loop) {
        unkicked = loop;
    }

    private static AioTimer startTimer(AioContext home) {
        AioTimer[] timer = new AioTimer[1];
        timer[0] = home.newPeriodicTimer("looks into the ring", () -> {
            if (unkicked != null) {
                unkicked.kick();
            }
            timer[0].armAt(home.nowNs() + TIMER_NS);
        });
        timer[0].armAt(home.nowNs() + TIMER_NS);
        return timer[0];
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        watchSeen = null;
        unkicked = null;
        CountingDevice device = new CountingDevice(world);
        AioTimer timer = TIMER.equals(bug) ? startTimer(device.home) : null;
        world.go(device.home, "start",
                () -> device.runner.start(device.guest.open(0), device.guest.kick)).await();
        world.thread("guest", () -> {
            for (int i = 0; i < REQUESTS; i++) {
                device.guest.offer();
            }
        });
        for (int i = 0; i < 2; i++) {
            device.awaitDrained();
            io.backplane.aio.Coroutine.awaitYield();
            device.resume();
        }
        device.wait.awaitWhile(() -> device.handled < REQUESTS);
        if (timer != null) {
            timer.close();
        }
        world.go(device.home, "stop", () -> device.runner.awaitStop()).await();
    }
}
