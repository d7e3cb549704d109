package io.backplane.tool.explore.scenario;

import io.backplane.rules.Rule;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import io.backplane.virtio.VirtQueue;
import java.util.List;

/**
 * A queue is started and stopped again and again while its guest kicks. After each stop nothing is
 * watched, and a late kick wakes nobody.
 */
@Rule({"D8", "V2", "V3"})
public final class StaleNotifier implements Scenario {
    private static final String RUNNER = "io.backplane.virtio.QueueRunner";
    private static final int ROUNDS = 3;

    @Override
    public String name() {
        return "R-STALE-NOTIFIER";
    }

    @Override
    public String about() {
        return "start and stop of a queue that is kicked all the time";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("watch-left-behind", "the notifier is still watched after the stop",
                        Patch.call(RUNNER, "reconcile", "io.backplane.aio.FdHandler", "close",
                                StaleNotifier.class, "nothing")),
                Bug.of("stop-forgets-requests", "the stop does not wait for who is taking"
                                + " requests",
                        Patch.get(RUNNER, "awaitStop", "inside", StaleNotifier.class, "no"),
                        Patch.call(RUNNER, "awaitStop", "io.backplane.virtio.VirtQueue", "inUse",
                                StaleNotifier.class, "zero")));
    }

    /** Planted. */
    public static void nothing(Object handler) {
        // the watch goes on
    }

    /** Planted. */
    public static boolean no(Object runner) {
        return false;
    }

    /** Planted. */
    public static int zero(Object queue) {
        return 0;
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        CountingDevice device = new CountingDevice(world);
        SimTask guest = world.thread("guest", () -> {
            for (int i = 0; i < ROUNDS; i++) {
                device.guest.offer();
                device.guest.kick.set();
            }
        });
        int[] next = new int[1];
        for (int i = 0; i < ROUNDS; i++) {
            world.go(device.home, "round", () -> {
                device.runner.start(device.guest.open(next[0]), device.guest.kick);
                for (int yields = world.pick(3); yields > 0; yields--) {
                    io.backplane.aio.Coroutine.awaitYield();
                }
                VirtQueue stopped = device.runner.awaitStop();
                next[0] = stopped.nextAvail();
                check(device, stopped);
            }).await();
        }
        guest.await();
        int before = device.handled;
        device.guest.kick.set();
        world.atEnd(() -> {
            check(device.guest.answered() == device.handled && device.handled == before,
                    "answered " + device.guest.answered() + " of " + device.handled);
            check(device.home.watchCount() == 0, "something is watched at the end");
        });
    }

    private static void check(CountingDevice device, VirtQueue stopped) {
        check(device.guest.kick.watchCount() == 0 && device.home.watchCount() == 0,
                "a notifier is watched after the stop");
        check(stopped.inUse() == 0 && !device.runner.isInside(),
                "the queue has not come to rest after the stop");
        check(stopped.nextAvail() == device.handled, "taken " + stopped.nextAvail()
                + ", handled " + device.handled);
    }

    private static void check(boolean good, String otherwise) {
        if (!good) {
            throw new AssertionError(otherwise);
        }
    }
}
