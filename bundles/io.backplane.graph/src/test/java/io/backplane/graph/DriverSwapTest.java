package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph.SwapPace;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.spi.DriverTraits;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DriverSwapTest {
    private static final DriverVersion NEW = new DriverVersion("disk", "b", 7, "0.0.1");
    private static final DriverVersion OLD = DriverVersion.none("disk");

    private static FakeDriver addNew(Fakes f) {
        FakeDriver driver = new FakeDriver("disk", DriverTraits.PROTOCOL);
        f.graph.addDriver(driver, NEW);
        return driver;
    }

    private static List<DriverSwap> to(DriverVersion version, String... nodes) {
        return Stream.of(nodes).map(n -> new DriverSwap(n, OLD, version, 0)).toList();
    }

    @Test
    void requestsWaitForTheNewDriverAndNothingElseIsDrained() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addDisk("other");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("blk", "fmt");
            f.attach("blk2", "other");
            f.on.await(f.write(blk, 0));
            FakeDriver next = addNew(f);
            FakeNode before = f.disk.node("d");
            before.hold = true;
            CompletableFuture<Void> inFlight = f.write(blk, 4096);
            f.until(() -> before.heldCount() == 1);
            CompletableFuture<Void> swap = f.on.start(f.graph.main, () ->
                    f.graph.awaitSwapDrivers(to(NEW, "d"), SwapPace.AT_ONCE));
            f.until(() -> before.begins == 1 || before.heldCount() == 2);
            before.release();
            f.until(() -> before.begins == 1);
            CompletableFuture<Void> parked = f.write(blk, 8192);
            f.on.await(swap);
            f.on.await(inFlight);
            f.on.await(parked);

            assertTrue(before.calls.contains("freeze"));
            assertEquals("close", before.calls.getLast());
            assertFalse(before.calls.contains("shutdown"));
            FakeNode after = next.node("d");
            assertTrue(after.calls.contains("write 8192+4096"));
            assertSame(before.data, after.data, "handed over");
            assertEquals(NEW, f.graph.find("d").driverVersion());
            assertEquals(after.begins, after.ends);
            assertEquals(0, f.disk.node("other").begins, "siblings are not drained");
            assertEquals(OLD, f.graph.find("other").driverVersion());
            assertTrue(after.told.used() != 0, "permissions are told again");
        });
    }

    @Test
    void failingThawGoesBackForAll() throws Exception {
        Fakes.run(f -> {
            f.addDisk("a");
            f.addDisk("b");
            Backend a = f.attach("blka", "a");
            Backend b = f.attach("blkb", "b");
            FakeDriver next = addNew(f);
            SwapPace failSecond = (done, count) -> next.failThaw = done == 1 ? "cannot" : null;

            BlockException e = assertThrows(BlockException.class, () ->
                    f.graph.awaitSwapDrivers(to(NEW, "a", "b"), failSecond));

            assertEquals("cannot", e.getMessage());
            assertEquals(OLD, f.graph.find("a").driverVersion());
            assertEquals(OLD, f.graph.find("b").driverVersion());
            f.on.await(f.write(a, 0));
            f.on.await(f.write(b, 0));
            assertTrue(f.disk.node("a").calls.contains("write 0+4096"));
        });
    }

    @Test
    void failingFreezeLeavesTheOldDriverAtWork() throws Exception {
        Fakes.run(f -> {
            f.addDisk("a");
            Backend a = f.attach("blka", "a");
            addNew(f);
            FakeNode before = f.disk.node("a");
            f.disk.failFreeze = "no";
            assertThrows(BlockException.class, () ->
                    f.graph.awaitSwapDrivers(to(NEW, "a"), SwapPace.AT_ONCE));
            f.on.await(f.write(a, 0));
            assertTrue(before.calls.contains("write 0+4096"));
            assertEquals(before.begins, before.ends);
        });
    }

    @Test
    void nodesAboveOneAnotherGoTogetherParentsFrozenFirst() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("low", "d");
            f.addDisk("d2");
            f.addOverlay("top", "d2", "low");
            Backend blk = f.attach("blk", "top");
            FakeDriver next = new FakeDriver("fmt", DriverTraits.FORMAT);
            DriverVersion version = new DriverVersion("fmt", "b", 3, "2.0.0");
            f.graph.addDriver(next, version);
            List<String> pauses = new ArrayList<>();
            f.graph.awaitSwapDrivers(to(version, "low", "top"),
                    (done, count) -> pauses.add(done + "/" + count));
            assertEquals(List.of("0/2"), pauses);
            f.on.await(f.write(blk, 0));
            assertTrue(next.node("top").calls.contains("write 0+4096"));
        });
    }

    @Test
    @Rule("D1")
    void swapInsideAnothersDrainedSectionLeavesItDrained() throws Exception {
        Fakes.run(f -> {
            Node d = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeDriver next = addNew(f);
            CompletableFuture<Void> parked;
            try (DrainedSection _ = f.graph.awaitDrained(d)) {
                parked = f.write(blk, 0);
                f.on.settle();
                f.graph.awaitSwapDrivers(to(NEW, "d"), SwapPace.AT_ONCE);
                f.on.settle();
                assertFalse(parked.isDone());
                assertEquals(1, next.node("d").begins);
                assertEquals(0, next.node("d").ends);
            }
            f.on.await(parked);
            assertEquals(1, next.node("d").ends);
        });
    }

    @Test
    void withoutItsDriverANodeHoldsRequestsUntilOneComes() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("blk", "fmt");
            f.graph.awaitRemoveDriver(f.disk);
            FakeNode format = f.fmt.node("fmt");
            assertTrue(format.calls.contains("freeze"), "what stands on it is frozen with it");
            assertTrue(f.graph.find("d").driverMissing());
            CompletableFuture<Void> parked = f.write(blk, 0);
            f.on.settle();
            assertFalse(parked.isDone());

            f.graph.awaitRemoveDriver(f.fmt);
            FakeDriver fmt = new FakeDriver("fmt", DriverTraits.FORMAT);
            f.graph.addDriver(fmt);
            f.on.settle();
            assertTrue(f.graph.find("fmt").driverMissing(), "its child is not there yet");
            FakeDriver disk = addNew(f);
            f.on.await(parked);
            assertTrue(disk.node("d").calls.contains("write 0+4096"));
            assertTrue(fmt.node("fmt").calls.contains("write 0+4096"));
            assertFalse(f.graph.find("fmt").driverMissing());
        });
    }

    @Test
    void holdEndsInErrorsAndTheNodeHealsAllTheSame() throws Exception {
        Fakes.run(f -> {
            f.graph.setMissingPolicy(new MissingPolicy(true, 20_000_000));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.graph.awaitRemoveDriver(f.disk);
            CompletableFuture<Void> parked = f.write(blk, 0);
            BlockException e = assertThrows(BlockException.class, () -> f.on.await(parked));
            assertEquals("Driver 'disk' of node 'd' is missing", e.getMessage());
            assertEquals(BlockException.Kind.IO, e.kind());
            assertThrows(BlockException.class, () -> f.on.await(f.write(blk, 0)));
            addNew(f);
            f.until(() -> !f.graph.find("d").driverMissing());
            f.on.await(f.write(blk, 0));
        });
    }

    @Test
    void withPolicyErrorRequestsFailAtOnce() throws Exception {
        Fakes.run(f -> {
            f.graph.setMissingPolicy(new MissingPolicy(false, 1));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.graph.awaitRemoveDriver(f.disk);
            assertThrows(BlockException.class, () -> f.on.await(f.write(blk, 0)));
        });
    }

    @Test
    void anotherVersionTakesOverAtOnceWhenOneGoes() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeDriver next = addNew(f);
            f.graph.awaitRemoveDriver(f.disk);
            assertEquals(NEW, f.graph.find("d").driverVersion());
            assertFalse(f.graph.find("d").driverMissing());
            f.on.await(f.write(blk, 0));
            assertTrue(next.node("d").calls.contains("write 0+4096"));
        });
    }

    @Test
    void aHeldNodeCanBeLookedAtAndDeletedButNotChanged() throws Exception {
        Fakes.run(f -> {
            Node d = f.addDisk("d");
            f.graph.awaitRemoveDriver(f.disk);
            assertEquals(FakeNode.ROOM, d.length());
            assertEquals("disk", d.driver());
            assertEquals(-1, d.awaitAllocatedBytes());
            assertThrows(BlockException.class, () -> d.awaitTruncate(4096, null));
            assertEquals("Driver 'disk' of node 'd' is missing",
                    assertThrows(BlockException.class,
                            () -> f.graph.awaitReopen(List.of(d.options()))).getMessage());
            f.graph.awaitDelete("d");
            f.graph.addDriver(f.disk);
            f.addDisk("d");
        });
    }

    @Test
    void closingEverythingDoesNotWaitForAMissingDriver() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("blk", "fmt");
            f.graph.awaitRemoveDriver(f.disk);
            CompletableFuture<Void> parked = f.write(blk, 0);
            f.on.settle();
            f.graph.awaitCloseAll();
            assertThrows(BlockException.class, () -> f.on.await(parked));
        });
    }

    @Test
    void failingFreezeOfADriverThatGoesStillHoldsTheNode() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.failFreeze = "no";
            f.graph.awaitRemoveDriver(f.disk);
            assertTrue(f.graph.find("d").driverMissing());
            addNew(f);
            f.on.await(f.write(blk, 0));
        });
    }

    @Test
    void newNodesGetTheNewestVersion() throws Exception {
        Fakes.run(f -> {
            FakeDriver next = addNew(f);
            f.graph.addDriver(new FakeDriver("disk", DriverTraits.PROTOCOL),
                    new DriverVersion("disk", "b", 9, "0.0.0.z"));
            f.addDisk("d");
            assertTrue(next.nodes.containsKey("d"));
            assertEquals(List.of("0.0.1", "0.0.0.z", "0.0.0"), f.graph.driverVersions().stream()
                    .filter(v -> v.driver().equals("disk")).map(DriverVersion::version).toList());
        });
    }
}
