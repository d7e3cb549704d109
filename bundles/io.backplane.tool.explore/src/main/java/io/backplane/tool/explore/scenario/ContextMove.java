package io.backplane.tool.explore.scenario;

import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Readers of the graph lock move to another context and unlock there, while main writes. Never a
 * reader beside the writer, and the writer gets its turn.
 */
@Rule("G3")
public final class ContextMove implements Scenario {
    private static final String LOCK = "io.backplane.graph.GraphLock";

    @Override
    public String name() {
        return "R-CONTEXT-MOVE";
    }

    @Override
    public String about() {
        return "graph-lock readers that unlock in another context than they locked in";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("cells-not-summed", "the writer waits until each context's count is zero",
                        Patch.call(LOCK, "awaitWrite", LOCK, "readers", ContextMove.class,
                                "readersInAnyCell")),
                Bug.of("reader-looks-once", "a reader does not look for a writer again once it"
                                + " is counted",
                        Patch.get(LOCK, "awaitRead", "hasWriter", ContextMove.class, "no")));
    }

    /** Planted. */
    public static int readersInAnyCell(Object lock) {
        List<AtomicInteger> counts = Inside.get(lock, "counts");
        return (int) counts.stream().filter(count -> count.get() != 0).count();
    }

    /** Planted. */
    public static boolean no(Object lock) {
        return false;
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Object lock = Inside.get(new Storage(world).graph, "lock");
        SimContext[] io = {world.ioThread("io1"), world.ioThread("io2")};
        int[] readers = new int[1];
        boolean[] writing = new boolean[1];
        for (int i = 0; i < 2; i++) {
            int me = i;
            world.go(io[me], "reader " + me, () -> {
                for (int round = 0; round < 2; round++) {
                    AutoCloseable section = Inside.call(lock, "awaitRead");
                    readers[0]++;
                    check(!writing[0], "a reader beside the writer");
                    Coroutine.awaitMoveTo(io[1 - me]);
                    check(!writing[0], "a reader beside the writer");
                    readers[0]--;
                    section.close();
                }
            });
        }
        for (int round = 0; round < 2; round++) {
            try (AutoCloseable section = Inside.call(lock, "awaitWrite")) {
                writing[0] = section != null;
                check(readers[0] == 0, "the writer beside a reader");
                Coroutine.awaitYield();
                check(readers[0] == 0, "the writer beside a reader");
                writing[0] = false;
            }
        }
    }

    private static void check(boolean good, String otherwise) {
        if (!good) {
            throw new AssertionError(otherwise);
        }
    }
}
