package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Owners that stop take back what has not begun, whatever it waits for. */
class RetractTest {
    private static void assertRetracted(Fakes f, CompletableFuture<Void> request) {
        BlockException e = assertThrows(BlockException.class, () -> f.on.await(request));
        assertEquals(BlockException.Kind.RETRACTED, e.kind());
    }

    @Test
    void requestsWithoutADriverGoBackAndNothingIsDone() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            Backend other = f.attach("other", "d");
            f.graph.awaitRemoveDriver(f.disk);
            CompletableFuture<Void> parked = f.write(blk, 0);
            CompletableFuture<Void> stays = f.write(other, 4096);
            f.until(() -> blk.parkedCount() == 1 && other.parkedCount() == 1);
            blk.retractRequests(true);
            assertRetracted(f, parked);
            assertRetracted(f, f.write(blk, 8192));
            assertEquals(0, blk.inFlight());
            blk.retractRequests(false);
            CompletableFuture<Void> again = f.write(blk, 0);
            f.on.settle();
            assertFalse(again.isDone() || stays.isDone());
            f.graph.addDriver(f.disk);
            f.on.await(again);
            f.on.await(stays);
            assertFalse(f.disk.node("d").calls.contains("write 8192+4096"));
        });
    }

    @Test
    void requestsThatMetABrokenDriverGoBack() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.node("d").bug = new AssertionError("broken");
            CompletableFuture<Void> meets = f.write(blk, 0);
            f.until(() -> f.graph.find("d").driverMissing());
            assertFalse(meets.isDone());
            blk.retractRequests(true);
            assertRetracted(f, meets);
        });
    }

    @Test
    void requestInTheDriverIsWaitedFor() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            CompletableFuture<Void> runs = f.write(blk, 0);
            f.until(() -> disk.heldCount() == 1);
            blk.retractRequests(true);
            assertTrue(blk.inFlight() > 0);
            disk.release();
            f.on.await(runs);
        });
    }

    @Test
    void drainThatBeginsAgainWaitsForWhatGoesBack() throws Exception {
        Fakes.run(f -> {
            Node d = f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            DrainedSection first = f.graph.awaitDrained(d);
            CompletableFuture<Void> parked = f.write(blk, 0);
            f.until(() -> blk.parkedCount() == 1);
            blk.retractRequests(true);
            assertEquals(1, blk.inFlight(), "counted until it has ended");
            first.close();
            f.graph.awaitDrained(d).close();
            assertEquals(0, blk.inFlight());
            assertRetracted(f, parked);
        });
    }
}
