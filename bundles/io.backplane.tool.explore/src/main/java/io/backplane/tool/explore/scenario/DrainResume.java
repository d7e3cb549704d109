package io.backplane.tool.explore.scenario;

import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.ShortLock;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;

/**
 * Requests of three contexts are parked by a drain that ends and begins again at once: the second
 * waits for those the end of the first let go on.
 */
@Rule({"D1", "D5", "D7"})
public final class DrainResume implements Scenario {
    private static final String PARKED = "io.backplane.graph.ParkedRequests";
    private static final String IN_FLIGHT = "io.backplane.aio.InFlight";

    @Override
    public String name() {
        return "R-DRAIN-RESUME-RACE";
    }

    @Override
    public String about() {
        return "a drain that begins as soon as one that parked requests has ended";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("counted-after-wake", "a parked request counts itself in when it goes on",
                        Patch.call(PARKED, "wakeAll", IN_FLIGHT, "increment", DrainResume.class,
                                "nothing"),
                        Patch.call(PARKED, "awaitResume", "io.backplane.aio.Coroutine",
                                "suspend", DrainResume.class, "suspendThenCount")),
                Bug.of("counted-out-before-lock", "a request counts itself out, then takes the"
                                + " queue's lock",
                        Patch.call(PARKED, "awaitResume",
                                "io.backplane.aio.ShortLock", "lock",
                                DrainResume.class, "countOutThenLock"),
                        Patch.call(PARKED, "awaitResume", IN_FLIGHT, "decrement",
                                DrainResume.class, "nothing")));
    }

    /** Planted. */
    public static void nothing(InFlight inFlight) {
        // counted elsewhere
    }

    /** Planted. */
    public static void suspendThenCount(Object parked) {
        Coroutine.suspend();
        Preemption.point();
        Inside.<InFlight>get(parked, "inFlight").increment();
    }

    /** Planted. */
    public static void countOutThenLock(ShortLock guard, Object parked) {
        Inside.<InFlight>get(parked, "inFlight").decrement();
        Preemption.point();
        guard.lock();
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Storage storage = new Storage(world).awaitAdd(false);
        BlockBackend backend = storage.awaitAttach("b", world.main());
        SimContext[] contexts = {world.main(), world.ioThread("io1"), world.ioThread("io2")};
        for (int i = 0; i < contexts.length; i++) {
            int me = i;
            world.go(contexts[i], "writer " + i, () -> {
                for (int round = 0; round < 2; round++) {
                    backend.pwritev(512L * me, 512, storage.buffer(512, me), 0, 0);
                }
            });
        }
        for (int round = 0; round < 3; round++) {
            try (DrainedSection section = storage.graph.awaitDrained(storage.node())) {
                assert section != null;
                storage.assertQuiet();
                Coroutine.awaitYield();
                storage.assertQuiet();
            }
        }
    }
}
