package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.aio.WaitForGraph;
import io.backplane.block.graph.DrainReport;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What drains tell of themselves, and the cycles that waits in the graph make. */
@Timeout(60)
class DrainReportTest {

    private static List<WaitForGraph.Cycle> cycles(Fakes f) {
        return WaitForGraph.cycles(f.graph.main.coroutines().registry().busy());
    }

    private static void assertReport(DrainReport report) {
        assertEquals(List.of("d"), report.nodes());
        assertEquals("a test", report.asker());
        assertTrue(report.waiting());
        assertEquals(1, report.nestedCount());
        assertTrue(report.ageNs() >= 0);
        assertEquals(1, report.requests().size(), report::toString);
        DrainReport.Request request = report.requests().getFirst();
        assertEquals("write", request.verb());
        assertEquals(8192, request.offset());
        assertEquals(4096, request.bytes());
        assertEquals("d", request.node());
        assertEquals("blk", request.backend());
        assertEquals("suspended", request.phase());
        assertEquals("io", request.context());
        assertTrue(request.stack().stream().anyMatch(l -> l.contains("FakeNode")),
                request::toString);
        assertTrue(report.others().contains("node 'd': 1 in flight"), report::toString);
    }

    @Test
    @Rule({"E6", "D7"})
    void aDrainTellsWhomItWaitsForAndThenThatItHolds() throws Exception {
        Fakes.run(f -> {
            AioContext io = f.on.ioThread("io");
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeNode disk = (FakeNode) node.driverNode;
            disk.hold = true;
            var write = f.write(blk, io, 8192);
            f.until(() -> disk.heldCount() == 1);
            DrainedSection[] section = new DrainedSection[1];
            var drain = f.on.start(f.graph.main,
                    () -> section[0] = f.graph.awaitDrained(node, "a test"));
            f.until(() -> !f.graph.drains().isEmpty());
            f.on.settle();
            assertReport(f.graph.drains().getFirst());
            disk.release();
            f.on.await(drain);
            DrainReport holding = f.graph.drains().getFirst();
            assertFalse(holding.waiting());
            assertEquals(List.of(), holding.requests());
            section[0].close();
            assertEquals(List.of(), f.graph.drains());
            f.on.await(write);
        });
    }

    /**
     * The planted bug: a change of the graph that waits, under the lock, for another coroutine's
     * drain (the shipped code refuses only its own). The request that the drain waits for wants to
     * read the graph.
     */
    @Test
    @Rule({"G6", "R-STREAM-GRAPHLOCK"})
    void drainUnderTheGraphLockIsACycleThatNamesAllThree() throws Exception {
        Fakes.run(f -> {
            AioContext io = f.on.ioThread("io");
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            GraphLock lock = f.graph.lock;
            CoMutex handOver = new CoMutex("the drainer's mutex");
            boolean[] mayGo = new boolean[1];
            AtomicBoolean walks = new AtomicBoolean();
            var writer = f.on.start(f.graph.main, () -> {
                try (GraphWriteSection _ = lock.awaitWrite()) {
                    while (!handOver.isLocked()) {
                        Coroutine.awaitYield();
                    }
                    mayGo[0] = true;
                    handOver.awaitLock().close();
                }
            });
            f.until(lock::isWriting);
            var request = f.on.start(io, () -> {
                blk.incrementInFlight();
                Coroutine.current().carry(blk, "read", 0, 512);
                walks.set(true);
                lock.awaitRead().close();
                Coroutine.current().carryNothing();
            });
            f.until(walks::get);
            var drain = f.on.start(f.graph.main, () -> {
                CoMutex.Held held = handOver.awaitLock();
                try {
                    while (!mayGo[0]) {
                        Coroutine.awaitYield();
                    }
                    f.graph.awaitDrained(node, "the stream job").close();
                } finally {
                    held.close();
                }
            });
            f.until(() -> !cycles(f).isEmpty());
            WaitForGraph.Cycle cycle = cycles(f).getFirst();
            String text = String.join("\n", cycle.edges());
            assertEquals(3, cycle.edges().size(), text);
            assertTrue(text.contains("waits for the end of a change of the graph"), text);
            assertTrue(text.contains("waits for the drainer's mutex"), text);
            assertTrue(text.contains("of [d] (the stream job)"), text);
            breakUp(f, blk);
            f.on.await(drain);
            f.on.await(writer);
            f.on.await(request);
        });
    }

    /** The drain no longer waits for the request, so that the test can end. */
    private static void breakUp(Fakes f, Backend blk) {
        blk.decrementInFlight();
        f.graph.drains.wait.kick();
    }

    @Test
    @Rule("D11")
    void whoDoesIoInsideItsOwnDrainWaitsForItself() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            DrainedSection[] section = new DrainedSection[1];
            var stuck = f.on.start(f.graph.main, () -> {
                section[0] = f.graph.awaitDrained(node, "itself");
                blk.preadv(0, 512, Fakes.buffer(512, 0), 0, 0);
            });
            f.until(() -> blk.parkedCount() == 1);
            f.on.settle();
            List<WaitForGraph.Cycle> cycles = cycles(f);
            assertEquals(1, cycles.size());
            assertTrue(cycles.getFirst().edges().getFirst()
                    .contains("the end of the drain of block device 'blk'"), cycles::toString);
            section[0].close();
            f.on.await(stuck);
            assertEquals(List.of(), cycles(f));
        });
    }

    @Test
    @Rule("G6")
    void parkedRequestsOfAHeldDrainAreNoCycle() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            DrainedSection section = f.graph.awaitDrained(node);
            var write = f.write(blk, 0);
            f.until(() -> blk.parkedCount() == 1);
            assertEquals(List.of(), cycles(f));
            assertEquals(List.of(), f.graph.drains().getFirst().requests());
            section.close();
            f.on.await(write);
        });
    }

    /**
     * The planted bug: an owner that stays busy while it calls a verb, and has its requests parked
     * (what {@link io.backplane.block.backend.BlockBackend#parkRequests} is there to prevent). The
     * drain asks the owner, who waits for its request, which waits for the end of the drain.
     */
    @Test
    @Rule({"D6", "G6"})
    void ownerThatIsBusyWithARequestThatThisDrainParksIsACycle() throws Exception {
        Fakes.run(f -> {
            AioContext io = f.on.ioThread("io");
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeDevice owner = new FakeDevice();
            owner.polls = true;
            f.graph.publish("blk", owner);
            var drain = f.on.start(f.graph.main,
                    () -> f.graph.awaitDrained(node, "a test").close());
            f.until(() -> owner.begins == 1);
            var request = f.write(blk, io, 4096);
            f.until(() -> !cycles(f).isEmpty());
            WaitForGraph.Cycle cycle = cycles(f).getFirst();
            String text = String.join("\n", cycle.edges());
            assertEquals(2, cycle.edges().size(), text);
            assertTrue(text.contains("of [d] (a test)"), text);
            assertTrue(text.contains("the end of the drain of block device 'blk'"), text);
            DrainReport report = f.graph.drains().getFirst();
            assertEquals(1, report.requests().size(), report::toString);
            assertTrue(report.requests().getFirst().phase().startsWith("waits for the end of"),
                    report::toString);
            assertTrue(report.others().contains("block device 'blk': its owner is busy"),
                    report::toString);
            owner.polls = false;
            f.graph.drains.wait.kick();
            f.on.await(drain);
            f.on.await(request);
            assertEquals(List.of(), cycles(f));
        });
    }

    @Test
    @Rule("G6")
    void drainThatWaitsForOneRequestWhileAnotherIsParkedIsNoCycle() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeDevice owner = new FakeDevice();
            f.graph.publish("blk", owner);
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            var inFlight = f.write(blk, 0);
            f.until(() -> disk.heldCount() == 1);
            var drain = f.on.start(f.graph.main, () -> f.graph.awaitDrained(node).close());
            f.until(() -> owner.begins == 1);
            var parked = f.write(blk, 4096);
            f.until(() -> blk.parkedCount() == 1);
            f.on.settle();
            assertEquals(List.of(), cycles(f));
            assertEquals(1, f.graph.drains().getFirst().requests().size());
            disk.release();
            f.on.await(drain);
            f.on.await(inFlight);
            f.on.await(parked);
        });
    }
}
