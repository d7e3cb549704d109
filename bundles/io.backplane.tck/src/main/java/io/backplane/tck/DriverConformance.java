package io.backplane.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.spi.BlockDriver;
import io.backplane.sim.RandomChoices;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every block driver has to stand. A driver's bundle extends it with a test class that says
 * how its nodes are made:
 *
 * <pre>{@code
 * class MirrorConformanceTest extends DriverConformance {
 *     protected BlockDriver newDriver(Ground ground) {
 *         return new MirrorDriver();
 *     }
 *
 *     protected Record options(Ground ground) {
 *         return new MirrorOptions(ground.disk("file", imageBytes()));
 *     }
 * }
 * }</pre>
 *
 * <p>The driver runs in the shipped graph, in a simulated world where requests complete in any
 * order and fail on demand; a few cases run on real threads. Each random case prints the seed that
 * repeats it: {@code -Dbackplane.seed=N}.
 */
public abstract class DriverConformance {
    private static final int ROUNDS = 12;
    private static final int STEPS_MAX = 2_000_000;
    private static final int REQUESTS_MAX = 600;

    /** Code of a case, in a coroutine of main. */
    interface Step {
        void run(Bench bench) throws Exception;
    }

    // ---- what the driver's bundle says

    /** A new driver, as its bundle makes it. */
    protected abstract BlockDriver newDriver(Ground ground) throws Exception;

    /** Options of a node of the driver; asked for each open, and meaning the same each time. */
    protected abstract Record options(Ground ground);

    /**
     * Options to create an empty image with, for a driver that needs one before the first open;
     * null (the default): there is nothing to create.
     *
     * @param bytes length of the disk
     */
    protected Record createOptions(Ground ground, long bytes) {
        return null;
    }

    /** Length of the disks that the cases make, in bytes; keep it small. */
    protected long imageBytes() {
        return 256 << 10;
    }

    /** Whether reads give what was written; false for drivers such as null-co. */
    protected boolean keepsData() {
        return true;
    }

    /** Whether what was never written reads as zeroes; false for drivers that encrypt. */
    protected boolean startsWithZeroes() {
        return true;
    }

    /**
     * Whether a node goes on after an error below it; false for one that refuses writes until it is
     * opened again, such as a log that has lost an entry.
     */
    protected boolean goesOnAfterErrors() {
        return true;
    }

    /** Classes of the bundle under test; their jars or folders are its whole code. */
    protected List<Class<?>> bundleClasses() throws Exception {
        return List.of(options(Bench.nowhere()).getClass());
    }

    // ---- how a case runs

    private void simulate(Step step) {
        simulate(ROUNDS, driver -> driver, step);
    }

    void simulate(int rounds, UnaryOperator<BlockDriver> wrap, Step step) {
        Long given = Long.getLong("backplane.seed");
        long first = given != null ? given : new Random().nextInt(1 << 30);
        for (long seed = first; seed < first + (given != null ? 1 : rounds); seed++) {
            simulate(seed, wrap, Map.of(), bench -> {
                bench.awaitFormat();
                bench.awaitOpen();
                step.run(bench);
                bench.awaitClose();
            });
        }
    }

    /** One run; fails if it leaves a node, a request or a file open. */
    private void simulate(long seed, UnaryOperator<BlockDriver> wrap, Map<String, byte[]> files,
            Step step) {
        try {
            SimWorld world = new SimWorld(new RandomChoices(seed));
            world.limitSteps(STEPS_MAX);
            files.forEach((path, contents) -> world.disk().load(path, contents));
            world.run(() -> {
                Bench bench = new Bench(world, this, seed, wrap);
                step.run(bench);
                assertEquals(List.of(), bench.graph.nodes(), "nodes left");
                assertEquals(0, world.disk().openCount(), "host files left open");
                assertEquals(0, world.disk().inFlight(), "requests left in flight");
                bench.graph.close();
            });
        } catch (Throwable e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new AssertionError(cause.getMessage() + " (-Dbackplane.seed=" + seed + ")", e);
        }
    }

    // ---- requests

    @Test
    void newDiskReadsAsZeroesAndHasTheLengthAskedFor() {
        simulate(bench -> {
            assertTrue(bench.backend.length() >= imageBytes(),
                    "length " + bench.backend.length());
            bench.awaitVerify("a new disk");
        });
    }

    @Test
    void limitsAreOnesTheGraphCanKeep() {
        simulate(bench -> {
            var limits = bench.node.limits();
            assertEquals(1, Integer.bitCount(limits.requestAlignment()), "request alignment");
            assertEquals(1, Integer.bitCount(limits.memoryAlignment()), "memory alignment");
            assertTrue(limits.maxTransfer() == 0
                    || limits.maxTransfer() >= limits.requestAlignment(), "longest transfer");
            assertTrue(limits.discardAlignment() > 0 && limits.zeroesAlignment() > 0,
                    "alignments of discard and zeroes");
        });
    }

    @Test
    void requestsOfAnyShapeKeepTheDiskRight() {
        simulate(bench -> {
            new Workload(bench).awaitRun(120);
            bench.awaitVerify("after the requests");
        });
    }

    @Test
    void bothEndsOfTheDiskTakeRequestsAndNothingLiesBeyond() {
        simulate(bench -> {
            long length = bench.backend.length();
            bench.awaitWrite(0, new byte[] {1}, 0);
            bench.awaitWrite(length - 1, new byte[] {2}, 0);
            bench.awaitVerify("after writes at both ends");
            for (long offset : new long[] {length, length - 1, Long.MAX_VALUE - 1}) {
                expectError("a read of 2 bytes at " + offset, () -> bench.awaitRead(offset, 2));
            }
            expectError("a write beyond the end", () -> bench.backend.pwritev(length - 1, 2,
                    bench.vectors.of(new byte[2]).vector(), 0, 0));
            assertEquals(length, bench.backend.length());
        });
    }

    @Test
    void statusCoversTheDiskAndItsZeroesReadAsZeroes() {
        simulate(bench -> {
            new Workload(bench).awaitRun(30);
            Workload.awaitStatus(bench, 0, bench.backend.length());
            bench.awaitVerify("after status");
        });
    }

    @Test
    void closedDiskHoldsWhatWasWritten() {
        simulate(bench -> {
            Workload workload = new Workload(bench).resizing();
            for (int i = 0; i < 3; i++) {
                workload.awaitRun(30);
                bench.awaitClose();
                bench.awaitOpen();
                bench.awaitVerify("after open number " + (i + 2));
            }
        });
    }

    @Test
    void readOnlyNodeChangesNothing() {
        simulate(bench -> {
            new Workload(bench).awaitRun(20);
            bench.awaitClose();
            byte[][] before = files(bench);
            bench.awaitOpen(true);
            bench.awaitVerify("read-only");
            bench.awaitClose();
            assertTrue(Arrays.deepEquals(before, files(bench)),
                    "reading alone has changed what is below");
            bench.awaitOpen();
        });
    }

    private static byte[][] files(Bench bench) {
        return bench.storage().paths().stream()
                .map(path -> bench.storage().find(path).contents()).toArray(byte[][]::new);
    }

    // ---- several clients

    @Test
    @Tag("L4")
    @Tag("L7")
    void clientsInSeveralContextsKeepEachOthersSectors() {
        simulate(bench -> {
            List<SimTask> clients = new ArrayList<>();
            int count = 4;
            for (int i = 0; i < count; i++) {
                clients.add(bench.go(context(bench, i), "client" + i,
                        new Interleaved(bench, i, count)::awaitRun));
            }
            clients.forEach(SimTask::await);
            bench.awaitVerify("after the clients");
        });
    }

    @Test
    @Tag("L7")
    void overlappingWritesLeaveOneOfThemInEachSector() {
        simulate(bench -> {
            for (int round = 0; round < 6; round++) {
                new Overlaps(bench).awaitRun(i -> context(bench, i));
            }
            bench.awaitVerify("after overlapping writes");
        });
    }

    private static AioContext context(Bench bench, int index) {
        String id = "io" + index % 3;
        return index % 3 == 2 ? bench.world.main()
                : bench.world.loops().find(id) != null ? bench.world.loops().find(id).context()
                : bench.world.ioThread(id);
    }

    @Test
    void clientsOnRealThreadsKeepEachOthersSectors() throws Exception {
        new OnThreads(this).run(false);
    }

    // ---- drain and context

    @Test
    @Tag("D1")
    @Tag("D7")
    void drainWaitsForRequestsAndLetsNoneBegin() {
        simulate(bench -> {
            List<SimTask> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(bench.go(context(bench, i), "client" + i,
                        new Interleaved(bench, i, 3)::awaitRun));
            }
            for (int i = 0; i < 4; i++) {
                Bench.awaitOthers(bench.random.nextInt(20));
                try (DrainedSection _ = bench.graph.awaitDrained(bench.node)) {
                    awaitQuiet(bench);
                }
                try (DrainedSection _ = bench.graph.awaitDrained(bench.node);
                        DrainedSection _ = bench.graph.awaitDrained(bench.node)) {
                    awaitQuiet(bench);
                }
            }
            clients.forEach(SimTask::await);
            bench.awaitVerify("after the drains");
        });
    }

    private static void awaitQuiet(Bench bench) {
        long requests = bench.storage().requestCount();
        for (int i = 0; i < 20; i++) {
            assertEquals(0, bench.node.inFlight(), "requests in flight on a drained node");
            assertEquals(0, bench.storage().inFlight(), "requests below a drained node");
            Bench.awaitOthers(1);
        }
        assertEquals(requests, bench.storage().requestCount(), "requests below a drained node");
    }

    @Test
    @Tag("L2")
    @Tag("C7")
    void moveToAnotherContextUnderLoadHarmsNobody() {
        simulate(bench -> {
            List<SimTask> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(bench.go(context(bench, i), "client" + i,
                        new Interleaved(bench, i, 3)::awaitRun));
            }
            for (int i = 0; i < 6; i++) {
                AioContext target = context(bench, i);
                bench.backend.awaitMoveTo(target);
                assertEquals(target, bench.node.context(), "context of the node");
                Bench.awaitOthers(bench.random.nextInt(10));
            }
            clients.forEach(SimTask::await);
            bench.awaitVerify("after the moves");
            bench.backend.awaitMoveTo(bench.world.main());
        });
    }

    // ---- another version takes over

    @Test
    void nodeFrozenAndThawedUnderLoadKeepsTheDisk() throws Exception {
        new OnThreads(this).run(true);
    }

    // ---- resize

    @Test
    void resizedDiskKeepsWhatItHadAndGrowsByZeroes() {
        simulate(bench -> {
            new Workload(bench).awaitRun(30);
            long length = bench.backend.length();
            for (long next : new long[] {length + 70_144, length + 512, length / 2, length * 2,
                length}) {
                if (!bench.awaitResize(next)) {
                    break;
                }
                bench.awaitVerify("after the resize to " + next);
                new Workload(bench).awaitRun(5);
            }
            bench.awaitVerify("after all resizes");
        });
    }

    @Test
    @Tag("V8")
    void resizeUnderLoadHarmsNobody() {
        simulate(bench -> {
            long length = bench.backend.length();
            List<SimTask> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(bench.go(context(bench, i), "client" + i,
                        new Interleaved(bench, i, 3)::awaitRun));
            }
            Bench.awaitOthers(3);
            boolean grows = true;
            for (int i = 1; grows && i < 4; i++) {
                grows = bench.awaitResize(length + i * 64 * 1024L);
            }
            clients.forEach(SimTask::await);
            bench.awaitVerify("after the resizes");
        });
    }

    // ---- trouble below

    @Test
    void errorAtAnyRequestBelowIsReportedAndHarmsNothingElse() {
        failAt(1, bench -> {
            Workload workload = new Workload(bench).resizing();
            workload.awaitRunOn(40);
        });
    }

    @Test
    void diskThatDiesAtAnyRequestIsSurvived() {
        failAt(Long.MAX_VALUE, bench -> new Workload(bench).awaitRunOn(25));
    }

    /** Runs a workload again and again; each time the next request below fails, and so on. */
    private void failAt(long count, Step workload) {
        Long given = Long.getLong("backplane.seed");
        long seed = given != null ? given : new Random().nextInt(1 << 30);
        boolean[] hit = {true};
        for (int k = 0; hit[0] && k < REQUESTS_MAX; k += 1 + k / 24) {
            int skip = k;
            try {
                simulate(seed, driver -> driver, Map.of(), bench -> {
                    bench.awaitFormat();
                    bench.awaitOpen();
                    bench.awaitFlush();
                    bench.storage().failRequests(skip, count);
                    workload.run(bench);
                    hit[0] = bench.storage().hasFailed();
                    bench.storage().failRequests(0, 0);
                    awaitHealed(bench);
                });
            } catch (AssertionError e) {
                throw new AssertionError("with an error at request " + k + ": " + e.getMessage(),
                        e);
            }
        }
    }

    private void awaitHealed(Bench bench) throws BlockException {
        bench.awaitVerify("after the error");
        if (!goesOnAfterErrors()) {
            bench.expected.powerCut();
            bench.awaitClose();
            bench.awaitOpen();
            bench.awaitVerify("after the error and open");
        }
        bench.awaitFlush();
        bench.awaitVerify("after the next flush");
        new Workload(bench).awaitRun(10);
        bench.awaitClose();
        bench.awaitOpen();
        bench.awaitVerify("after open");
        bench.awaitClose();
    }

    @Test
    void errorAtAnyRequestOfOpenOrCloseIsReportedAndLeavesNothingOpen() {
        long seed = new Random().nextInt(1 << 30);
        boolean[] hit = {true};
        for (int k = 0; hit[0] && k < REQUESTS_MAX; k++) {
            int skip = k;
            simulate(seed, driver -> driver, Map.of(), bench -> {
                bench.awaitFormat();
                bench.awaitOpen();
                new Workload(bench).awaitRun(15);
                bench.awaitFlush();
                new Workload(bench).awaitRun(5);
                bench.storage().failRequests(skip, 1);
                bench.awaitClose(); // an error here is logged
                boolean whileClosing = bench.storage().hasFailed();
                if (whileClosing) {
                    bench.expected.powerCut(); // what was not flushed may be lost
                }
                hit[0] = whileClosing || awaitFailsToOpen(bench);
                bench.storage().failRequests(0, 0);
                bench.awaitOpen();
                bench.awaitVerify("after the error");
                bench.awaitClose();
            });
        }
    }

    /** Opens with the planned error; true: it came. */
    private static boolean awaitFailsToOpen(Bench bench) throws BlockException {
        try {
            bench.awaitOpen();
        } catch (BlockException e) {
            assertEquals(List.of(), bench.graph.nodes(), "nodes left by a failed open");
            assertEquals(0, bench.storage().openCount(), "files left open by a failed open");
            return true;
        }
        boolean came = bench.storage().hasFailed();
        bench.storage().failRequests(0, 0);
        bench.awaitVerify("after an open that stood an error");
        bench.awaitClose();
        return came;
    }

    @Test
    void powerCutLosesNothingThatWasFlushed() {
        long first = new Random().nextInt(1 << 30);
        Long given = Long.getLong("backplane.seed");
        for (int i = 0; i < ROUNDS * 2; i++) {
            long seed = given != null ? given : first + i;
            List<Map<String, byte[]>> left = new ArrayList<>();
            List<ExpectedDisk> expected = new ArrayList<>();
            simulate(seed, driver -> driver, Map.of(), bench -> {
                bench.awaitFormat();
                bench.awaitOpen();
                bench.awaitFlush();
                for (int part = 0; part < 3; part++) {
                    new Workload(bench).awaitRun(bench.random.nextInt(40));
                    left.add(bench.storage().leftByCrash());
                    expected.add(bench.expected.copy());
                }
                bench.awaitClose();
            });
            for (int part = 0; part < left.size(); part++) {
                ExpectedDisk after = expected.get(part);
                after.powerCut();
                simulate(seed, driver -> driver, left.get(part), bench -> {
                    bench.expected = after;
                    bench.awaitOpen();
                    bench.awaitVerify("after a power cut");
                    new Workload(bench).awaitRun(10);
                    bench.awaitVerify("after requests after a power cut");
                    bench.awaitClose();
                });
            }
        }
    }

    // ---- phases

    @Test
    @Tag("C4")
    void graphPhaseDoesNoIoAndIoPhaseEditsNoGraph() {
        List<String> faults = new ArrayList<>();
        simulate(ROUNDS, driver -> new PhaseWatch(driver, faults).driver(), bench -> {
            PhaseWatch.look(bench);
            new Workload(bench).resizing().awaitRun(30);
            try (DrainedSection _ = bench.graph.awaitDrained(bench.node)) {
                awaitQuiet(bench);
            }
            awaitReopens(bench);
            bench.awaitClose();
            bench.awaitOpen();
            bench.awaitVerify("after open");
        });
        assertEquals(List.of(), faults.stream().distinct().toList());
    }

    @Test
    void reopenForReadingAndBackKeepsTheDisk() {
        simulate(DriverConformance::awaitReopens);
    }

    private static void awaitReopens(Bench bench) throws BlockException {
        new Workload(bench).awaitRun(10);
        bench.backend.awaitClose();
        try {
            bench.graph.awaitReopen(List.of(bench.options(true)));
            assertTrue(bench.node.readOnly(), "read-only after a reopen for reading");
            bench.graph.awaitReopen(List.of(bench.options(false)));
        } catch (BlockException e) {
            assertEquals(BlockException.Kind.UNSUPPORTED, e.kind(), e.getMessage());
        }
        bench.graph.awaitDelete(Bench.NODE);
        bench.awaitOpen();
        bench.awaitVerify("after reopen");
        new Workload(bench).awaitRun(10);
    }

    // ---- leaks

    @Test
    void openAndCloseAgainAndAgainLeaksNothing() {
        Leaks leaks = new Leaks();
        for (int round = 0; round < 12; round++) {
            simulate(round, driver -> driver, Map.of(), bench -> {
                bench.awaitFormat();
                for (int i = 0; i < 4; i++) {
                    bench.awaitOpen();
                    new Workload(bench).awaitRun(5);
                    bench.awaitClose();
                }
            });
            leaks.measure(round == 2);
        }
        leaks.check();
    }

    @Test
    void unloadedBundleIsCollected() throws Exception {
        var loader = Isolated.use(this, bundleClasses(), other -> other.simulate(1, driver -> driver, bench -> {
            new Workload(bench).awaitRun(40);
            AioContext io = bench.world.ioThread("io0");
            bench.backend.awaitMoveTo(io);
            bench.go(io, "client", () -> new Workload(bench).awaitRun(10)).await();
            bench.backend.awaitMoveTo(bench.world.main());
        }));
        assertNull(Isolated.awaitCollected(loader),
                "the class loader of the driver is still reachable after its last node is closed");
    }

    // ---- small parts

    private interface Request {
        void run() throws BlockException;
    }

    private static void expectError(String what, Request request) {
        try {
            request.run();
        } catch (BlockException e) {
            return;
        }
        throw new AssertionError(what + " was not refused");
    }
}
