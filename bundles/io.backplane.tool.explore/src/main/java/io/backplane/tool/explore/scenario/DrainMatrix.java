package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.ShortLock;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.graph.DrainedSection;
import io.backplane.driver.raw.RawDriver;
import io.backplane.driver.raw.RawOptions;
import io.backplane.rules.Rule;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Drains of one node or of all, from main or from an I/O thread, while something else happens to
 * the graph, above a disk that is slow, does less than asked, and fails. Inside a section the disk
 * is idle; afterwards everything goes on, and every request is answered.
 */
@Rule({"D1", "D2", "G1", "G9"})
public final class DrainMatrix implements Scenario {
    private enum Event {
        NESTED, GRAPH_CHANGE, JOB, JOB_ERROR, DELETION, DETACH, ATTACH, CONTEXT_CHANGE, NEW_NODE
    }

    private static final String BACKEND = "io.backplane.graph.Backend";
    private static final String NODE = "io.backplane.graph.Node";

    /** Planted: whose request has failed and is not counted out. */
    private static final Set<Thread> FAILED = new HashSet<>();

    @Override
    public String name() {
        return "R-DRAIN-MATRIX";
    }

    @Override
    public String about() {
        return "drains of one node or all while the graph changes above a disk that fails";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("failed-stays-counted", "a request that fails is not counted out",
                        Patch.call(BACKEND, "end", "io.backplane.graph.BackendCounters", "failed",
                                DrainMatrix.class, "failed"),
                        Patch.call(BACKEND, "finish", "io.backplane.aio.InFlight", "decrement",
                                DrainMatrix.class, "decrementUnlessFailed")),
                Bug.of("end-suspends", "the end of a drain lets others of main in between when it"
                                + " meets a lock that is taken, as the JDK's do",
                        Patch.call("io.backplane.graph.ParkedRequests", "resume",
                                "io.backplane.aio.ShortLock", "lock", DrainMatrix.class,
                                "lockSuspending")),
                Bug.of("new-parent-runs", "a parent that comes during a drain is not drained",
                        Patch.call("io.backplane.graph.Edge", "link", NODE, "quiesceCount",
                                DrainMatrix.class, "none")),
                Bug.of("new-node-runs", "a node that comes during a drain of all is not drained",
                        Patch.call("io.backplane.graph.NodeOpener", "awaitOpen",
                                "io.backplane.graph.Drains", "added", DrainMatrix.class,
                                "nothing")));
    }

    /** Planted. */
    public static void failed(Object counters, int verb) {
        FAILED.add(Thread.currentThread());
    }

    /** Planted. */
    public static void decrementUnlessFailed(InFlight inFlight) {
        if (!FAILED.remove(Thread.currentThread())) {
            inFlight.decrement();
        }
    }

    /** Planted. */
    public static void lockSuspending(ShortLock guard) {
        AtomicBoolean taken = Inside.get(guard, "taken");
        while (!taken.compareAndSet(false, true)) {
            Coroutine.awaitYield();
        }
    }

    /** Planted. */
    public static int none(Object node) {
        return 0;
    }

    /** Planted. */
    public static void nothing(Object drains, Object node) {
        // the node is not drained
    }

    /** A stand-in for a job: reads until it is told to end or fails, and pauses for drains. */
    private final class Job implements BlockDevOps {
        private BlockBackend backend;
        private boolean pause;
        private Coroutine paused;

        void run() throws Exception {
            for (int round = 0; round < 3; round++) {
                while (pause) {
                    paused = Coroutine.current();
                    Coroutine.suspend();
                    paused = null;
                }
                read(backend);
                if (event == Event.JOB_ERROR && round == 1) {
                    break; // as after an error that ends it
                }
            }
            Coroutine.awaitMoveTo(world.main());
            backend.awaitClose();
        }

        @Override
        public void drainedBegin() {
            pause = true;
        }

        @Override
        public boolean drainedPoll() {
            return false; // what it does is counted by its backend
        }

        @Override
        public void drainedEnd() {
            pause = false;
            if (paused != null) {
                paused.wake();
            }
        }

        @Override
        public void resized() {
            // nothing to do with its length
        }
    }

    private SimWorld world;
    private Storage storage;
    private Event event;
    private SimContext io;
    private BlockBackend backend;
    private boolean all;
    private boolean closing;
    private int asked;
    private int answered;

    @Override
    public void run(SimWorld newWorld, String bug) throws Exception {
        FAILED.clear();
        new DrainMatrix().runOnce(newWorld);
    }

    private void runOnce(SimWorld newWorld) throws Exception {
        world = newWorld;
        storage = new Storage(world).awaitAdd(false);
        storage.graph.addDriver(new RawDriver());
        io = world.ioThread("io1");
        event = Event.values()[world.pick(Event.values().length)];
        all = world.pick(2) == 1;
        storage.graph.awaitAdd(raw("top", Storage.NODE));
        backend = attach("b", "top", Permissions.READ_WRITE);
        Job job = event == Event.JOB || event == Event.JOB_ERROR ? new Job() : null;
        if (job != null) {
            job.backend = attach("job", Storage.NODE, Permissions.READ);
            storage.graph.publish("job", job);
        }
        BlockBackend other = event == Event.DETACH
                ? attach("other", Storage.NODE, Permissions.READ) : null;
        world.disk().faults().eioPercent = world.pick(2) * 20;
        world.disk().faults().slowPercent = 20;
        world.disk().faults().shortPercent = 10;
        writer(io, 0);
        writer(world.ioThread("io2"), 1);
        if (job != null) {
            world.go(io, "job", job::run);
        }
        world.go(world.main(), event.name(), () -> happens(other));
        boolean elsewhere = !all && world.pick(2) == 1;
        if (elsewhere) {
            world.go(io, "drains", this::drain);
        } else {
            drain();
        }
        world.atEnd(() -> {
            if (asked != answered) {
                throw new AssertionError(asked - answered + " requests are lost");
            }
        });
    }

    private void drain() throws Exception {
        for (int round = 0; round < 2; round++) {
            try (DrainedSection section = all ? storage.graph.awaitAllDrained()
                    : storage.graph.awaitDrained(storage.node())) {
                assert section != null;
                for (int i = 0; i < 3; i++) {
                    assertQuiet();
                    Coroutine.awaitYield();
                }
                assertQuiet();
            }
        }
    }

    private void writer(AioContext context, int me) {
        world.go(context, "writer " + me, () -> {
            for (int round = 0; round < 2; round++) {
                asked++;
                try {
                    backend.pwritev(512L * me, 512, storage.buffer(512, me), 0, 0);
                } catch (BlockException e) {
                    world.note("write fails: " + e.getMessage());
                }
                answered++;
            }
        });
    }

    private void read(BlockBackend from) {
        asked++;
        try {
            from.preadv(0, 512, storage.buffer(512, 0), 0, 0);
        } catch (BlockException e) {
            world.note("read fails: " + e.getMessage());
        }
        answered++;
    }

    private void happens(BlockBackend other) throws Exception {
        switch (event) {
            case NESTED -> storage.graph.awaitDrained(storage.node()).close();
            case GRAPH_CHANGE -> storage.graph.awaitReopen(List.of(Storage.options(false)));
            case DELETION -> {
                storage.graph.awaitAdd(raw("extra", Storage.NODE));
                awaitDelete("extra");
            }
            case DETACH -> {
                world.go(io, "reader of what goes", () -> read(other));
                other.awaitClose();
            }
            case ATTACH -> {
                BlockBackend late = attach("late", Storage.NODE, Permissions.READ);
                read(late);
                late.awaitClose();
            }
            case CONTEXT_CHANGE -> {
                backend.awaitMoveTo(io);
                backend.awaitMoveTo(world.main());
            }
            case NEW_NODE -> {
                if (!all) {
                    return; // its reads would rightly be in flight
                }
                // a node of its own on the same file, which only a drain of all holds
                storage.graph.awaitAdd(BlockdevOptions.of("file", "two",
                        Storage.options(false).options()));
                BlockBackend second = attach("second", "two", Permissions.READ);
                read(second);
                second.awaitClose();
                awaitDelete("two");
            }
            default -> { }
        }
    }

    /** Its own flush is no request; it may come inside a section. */
    private void awaitDelete(String node) throws BlockException {
        closing = true;
        storage.graph.awaitDelete(node);
        closing = false;
    }

    private void assertQuiet() {
        if (!closing) {
            storage.assertQuiet();
        }
    }

    private static BlockdevOptions raw(String name, String file) {
        return BlockdevOptions.of("raw", name,
                new RawOptions(new BlockdevRef.ByName(file), null, null));
    }

    private BlockBackend attach(String name, String node, int used) throws BlockException {
        return storage.graph.awaitAttach(name, new BlockdevRef.ByName(node),
                new Permissions(used, Permissions.ALL), world.main());
    }
}
