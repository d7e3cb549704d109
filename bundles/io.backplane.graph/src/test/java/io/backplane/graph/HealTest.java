package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DriverFault;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.GraphListener;
import io.backplane.block.spi.DriverTraits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Nodes come back when they can, each disk for itself. */
class HealTest {
    private static final DriverVersion NEW = new DriverVersion("disk", "b", 7, "0.0.1");

    private static void waitUntil(Fakes f, java.util.function.BooleanSupplier condition) {
        boolean[] over = {false};
        try (var limit = f.graph.main.newTimer("limit", () -> over[0] = true)) {
            limit.armAt(f.graph.main.nowNs() + 20_000_000_000L);
            while (!condition.getAsBoolean()) {
                if (over[0]) {
                    throw new AssertionError("never happened");
                }
                Coroutine.awaitYield();
            }
        }
    }

    @Test
    void thawThatFailsForTroubleBelowIsTriedAgainWithoutANewDriver() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("blk", "fmt");
            f.graph.awaitRemoveDriver(f.disk);
            assertTrue(f.graph.find("fmt").driverMissing());
            CompletableFuture<Void> parked = f.write(blk, 0);
            boolean[] trouble = {true};
            f.fmt.onOpen = request -> {
                if (trouble[0]) {
                    throw new BlockException(BlockException.Kind.IO, "EIO below");
                }
            };
            f.graph.addDriver(f.disk);
            f.until(() -> !f.graph.find("d").driverMissing());
            f.on.settle();
            assertTrue(f.graph.find("fmt").driverMissing());
            assertFalse(parked.isDone());
            trouble[0] = false;
            waitUntil(f, parked::isDone);
            f.on.await(parked);
            assertFalse(f.graph.find("fmt").driverMissing());
        });
    }

    @Test
    void thawIsTakenBackIfItsPermissionsAreRefused() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.graph.awaitRemoveDriver(f.disk);
            CompletableFuture<Void> parked = f.write(blk, 0);
            FakeDriver locked = new FakeDriver("disk", DriverTraits.PROTOCOL);
            locked.failPermissions = new BlockException(BlockException.Kind.PERMISSION,
                    "locked");
            f.graph.addDriver(locked, NEW);
            waitUntil(f, () -> locked.closedCount == 2);
            assertTrue(f.graph.find("d").driverMissing());
            locked.failPermissions = null;
            waitUntil(f, parked::isDone);
            f.on.await(parked);
        });
    }

    @Test
    void thawThatNeverEndsHoldsUpNoOtherDisk() throws Exception {
        Fakes.run(f -> {
            f.addDisk("stuck");
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            Backend waits = f.attach("waits", "stuck");
            f.graph.awaitRemoveDriver(f.disk);
            CompletableFuture<Void> parked = f.write(blk, 0);
            CompletableFuture<Void> later = f.write(waits, 0);
            List<Coroutine> inside = new ArrayList<>();
            FakeDriver slow = new FakeDriver("disk", DriverTraits.PROTOCOL);
            slow.onOpen = request -> {
                if (request.nodeName().equals("stuck")) {
                    inside.add(Coroutine.current());
                    Coroutine.suspend();
                }
            };
            f.graph.addDriver(slow, NEW);
            f.on.await(parked);
            assertEquals(1, inside.size());
            FakeDriver next = new FakeDriver("disk", DriverTraits.PROTOCOL);
            f.graph.addDriver(next, new DriverVersion("disk", "c", 8, "0.0.2"));
            f.graph.awaitSwapDrivers(List.of(new io.backplane.block.graph.DriverSwap("d", NEW,
                    new DriverVersion("disk", "c", 8, "0.0.2"), 0)), (_, _) -> { });
            f.on.await(f.write(blk, 4096));
            assertTrue(next.node("d").calls.contains("write 4096+4096"));
            assertFalse(later.isDone());
            inside.getFirst().wake();
            f.on.await(later);
        });
    }

    @Test
    void freezeThatNeverEndsHoldsUpNoOtherDisk() throws Exception {
        Fakes.run(f -> {
            f.addDisk("stuck");
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeNode stuck = f.disk.node("stuck");
            stuck.hold = true;
            CompletableFuture<Void> removal = f.on.start(f.graph.main,
                    () -> f.graph.awaitRemoveDriver(f.disk));
            f.until(() -> f.graph.find("d").driverMissing());
            FakeDriver next = new FakeDriver("disk", DriverTraits.PROTOCOL);
            f.graph.addDriver(next, NEW);
            f.on.await(f.write(blk, 0));
            assertTrue(next.node("d").calls.contains("write 0+4096"));
            assertFalse(removal.isDone());
            stuck.release();
            f.on.await(removal);
            f.until(() -> next.node("stuck") != null);
        });
    }

    @Test
    void operationStuckInABrokenDriverHoldsUpNoOtherDisk() throws Exception {
        Fakes.run(f -> {
            List<DriverFault> faults = new ArrayList<>();
            f.graph.listen(new GraphListener() {
                @Override
                public void driverFailed(DriverFault fault) {
                    faults.add(fault);
                }
            });
            f.graph.setMissingPolicy(new MissingPolicy(true, 50_000_000));
            Node d = f.addDisk("d");
            f.addDisk("other");
            Backend blk = f.attach("blk", "d");
            Backend healthy = f.attach("healthy", "other");
            FakeNode bad = f.disk.node("d");
            bad.hold = true;
            CompletableFuture<Void> resize = f.on.start(f.graph.main, () -> d.awaitTruncate(
                    FakeNode.ROOM / 2, io.backplane.block.Preallocation.OFF));
            f.until(() -> bad.heldCount() == 1);
            d.failed(new AssertionError("broken"));
            FakeDriver next = new FakeDriver("disk", DriverTraits.PROTOCOL);
            f.graph.addDriver(next, NEW);
            f.graph.awaitRemoveDriver(f.filter);
            f.graph.awaitSwapDrivers(List.of(new io.backplane.block.graph.DriverSwap("other",
                    DriverVersion.none("disk"), NEW, 0)), (_, _) -> { });
            f.on.await(f.write(healthy, 0));
            waitUntil(f, () -> !faults.isEmpty());
            assertFalse(faults.getFirst().held(), "nobody waits for it");
            bad.release();
            f.on.await(resize);
            f.graph.addDriver(new FakeDriver("disk", DriverTraits.PROTOCOL),
                    new DriverVersion("disk", "c", 8, "0.0.2"));
            waitUntil(f, () -> d.fault() == null);
            f.on.await(f.write(blk, 0));
        });
    }
}
