package io.backplane.tool.explore.scenario;

import io.backplane.aio.Coroutine;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;

/**
 * A long-running operation in an I/O thread, in place of a stream job: counted as in flight, it
 * walks the graph under the read lock and does I/O, then drains and edits; meanwhile the operator
 * reopens the node, and attaches and closes another backend.
 */
@Rule({"G6", "D2"})
public final class StreamGraphLock implements Scenario {
    private static final String GRAPH = "io.backplane.graph.Graph";
    private static final String DRAINS = "io.backplane.graph.Drains";
    private static final String LOCK = "io.backplane.graph.GraphLock";

    /** Planted: what {@link #lockThenDrain} has taken, until it is asked for. */
    private static Object lockHeld;

    @Override
    public String name() {
        return "R-STREAM-GRAPHLOCK";
    }

    @Override
    public String about() {
        return "a job that walks, drains and edits the graph beside an operator who does so";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(Bug.of("drain-under-lock", "taking off a backend locks, then drains",
                Patch.call(GRAPH, "awaitLetGo", DRAINS, "awaitBegin", StreamGraphLock.class,
                        "lockThenDrain"),
                Patch.call(GRAPH, "awaitLetGo", LOCK, "awaitWrite", StreamGraphLock.class,
                        "lockHeld"),
                Patch.call(DRAINS, "check", LOCK, "assertNotWriting", StreamGraphLock.class,
                        "unchecked")));
    }

    /** Planted. */
    public static DrainedSection lockThenDrain(Object drains, Object node, String asker,
            Object graph) {
        lockHeld = Inside.call(Inside.get(graph, "lock"), "awaitWrite");
        return Inside.call(drains, "awaitBegin", node, asker);
    }

    /** Planted. */
    public static Object lockHeld(Object lock) {
        return lockHeld;
    }

    /** Planted. */
    public static void unchecked(Object lock) {
        // the drain is let in
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Storage storage = new Storage(world).awaitAdd(false);
        SimContext io = world.ioThread("io1");
        BlockBackend job = storage.awaitAttach("job", io);
        world.go(io, "job", () -> {
            for (int round = 0; round < 2; round++) {
                walk(storage, job);
                storage.graph.awaitDrained(storage.node()).close();
            }
            Coroutine.awaitMoveTo(world.main());
            storage.awaitAttach("target", world.main()).awaitClose();
        });
        world.go(world.main(), "reopen",
                () -> storage.graph.awaitReopen(List.of(Storage.options(false))));
        storage.awaitAttach("other", world.main()).awaitClose();
    }

    private static void walk(Storage storage, BlockBackend job) throws Exception {
        job.incrementInFlight();
        try (AutoCloseable section =
                Inside.call(Inside.get(storage.graph, "lock"), "awaitRead")) {
            assert section != null;
            Coroutine.awaitYield();
        } finally {
            job.decrementInFlight();
        }
        job.preadv(0, 512, storage.buffer(512, 0), 0, 0);
    }
}
