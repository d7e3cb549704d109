package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.CoMutex;
import io.backplane.block.backend.BlockBackend;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Three contexts write neighbouring parts of one sector of a disk that takes whole sectors only.
 * Each is a read, a change and a write; none may undo another, nor a write of the whole sector that
 * runs beside them.
 */
@Rule({"L4", "L7"})
public final class TrackedRequests implements Scenario {
    private static final String TRACKER = "io.backplane.graph.RequestTracker";
    private static final int PART = 100;
    private static final int SECTOR = 512;
    private static final int WHOLE = 9;

    /** Planted: who has still to count itself. */
    private static final Set<Thread> TO_COUNT = new HashSet<>();

    @Override
    public String name() {
        return "R-TRACKED-REQ";
    }

    @Override
    public String about() {
        return "unaligned and aligned writes to one sector from three contexts";
    }

    @Override
    public List<Patch> seams() {
        return List.of(Patch.points(TRACKER), Patch.points("io.backplane.graph.TrackedRequest"));
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("no-wait", "requests that overlap do not wait for each other",
                        Patch.call(TRACKER, "awaitOverlaps", TRACKER, "overlap",
                                TrackedRequests.class, "none")),
                Bug.of("counted-not-seen", "a request that is alone in its range does not wait for"
                                + " those that are only counted",
                        Patch.call(TRACKER, "awaitBegin",
                                "java.util.concurrent.atomic.AtomicInteger", "get",
                                TrackedRequests.class, "zero")),
                Bug.of("counted-after-look", "a request looks for those alone in their range,"
                                + " then counts itself",
                        Patch.call(TRACKER, "awaitBegin",
                                "java.util.concurrent.atomic.AtomicInteger", "getAndIncrement",
                                TrackedRequests.class, "later"),
                        Patch.get(TRACKER, "awaitBegin", "serialisers", TrackedRequests.class,
                                "lookThenCount")),
                Bug.of("list-not-locked", "the list of requests is changed without its lock",
                        Patch.call(TRACKER, "awaitBegin", "io.backplane.aio.CoMutex",
                                "awaitLock", TrackedRequests.class, "otherLock"),
                        Patch.call(TRACKER, "awaitEnd", "io.backplane.aio.CoMutex",
                                "awaitLock", TrackedRequests.class, "otherLock")));
    }

    /** Planted. */
    public static Object none(Object tracker, Object request) {
        return null;
    }

    /** Planted. */
    public static int zero(AtomicInteger counted) {
        return 0;
    }

    /** Planted. */
    public static int later(AtomicInteger counted) {
        TO_COUNT.add(Thread.currentThread());
        return 0;
    }

    /** Planted. */
    public static int lookThenCount(Object tracker) {
        int seen = Inside.<Integer>get(tracker, "serialisers");
        if (TO_COUNT.remove(Thread.currentThread())) {
            Preemption.point();
            Inside.<AtomicInteger>get(tracker, "counted").getAndIncrement();
        }
        return seen;
    }

    /** Planted. */
    public static CoMutex.Held otherLock(CoMutex lock) {
        return new CoMutex().awaitLock();
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Storage storage = new Storage(world).awaitAdd(true);
        BlockBackend backend = storage.awaitAttach("b", world.main());
        AioContext[] contexts = {world.main(), world.ioThread("io1"), world.ioThread("io2")};
        for (int i = 0; i < contexts.length; i++) {
            int me = i;
            world.go(contexts[i], "writer " + i, () -> backend.pwritev((long) me * PART, PART,
                    storage.buffer(PART, me + 1), 0, 0));
        }
        boolean whole = world.pick(2) == 1;
        if (whole) {
            world.go(world.ioThread("io3"), "whole sector", () -> backend.pwritev(0, SECTOR,
                    storage.buffer(SECTOR, WHOLE), 0, 0));
        }
        world.atEnd(() -> {
            byte[] contents = storage.data.contents();
            for (int i = 0; i < SECTOR; i++) {
                int part = i / PART < contexts.length ? i / PART + 1 : whole ? WHOLE : 0;
                if (contents[i] != part && !(whole && contents[i] == WHOLE)) {
                    throw new AssertionError("byte " + i + " is " + contents[i]
                            + ": a write is lost");
                }
            }
        });
    }
}
