package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.BlockException;
import io.backplane.block.graph.DriverFault;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.GraphListener;
import io.backplane.block.spi.DriverTraits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A driver that breaks its contract costs its own node, for a time, and nothing else. */
class QuarantineTest {
    private static final DriverVersion FIXED = new DriverVersion("disk", "b", 7, "0.0.1");

    private final List<DriverFault> faults = new ArrayList<>();
    private final List<String> restored = new ArrayList<>();

    private void listen(Fakes f) {
        f.graph.listen(new GraphListener() {
            @Override
            public void driverFailed(DriverFault fault) {
                faults.add(fault);
            }

            @Override
            public void driverRestored(String driver, List<String> nodes) {
                restored.addAll(nodes);
            }
        });
    }

    private static FakeDriver addFixed(Fakes f) {
        FakeDriver driver = new FakeDriver("disk", DriverTraits.PROTOCOL);
        f.graph.addDriver(driver, FIXED);
        return driver;
    }

    @Test
    void requestsOfANodeWhoseDriverFailsWaitForAnotherVersion() throws Exception {
        for (Throwable bug : List.of(new AssertionError("broken"), new IllegalStateException("x"),
                new StackOverflowError(), new NoClassDefFoundError("gone"))) {
            faults.clear();
            restored.clear();
            Fakes.run(f -> {
                listen(f);
                f.addDisk("d");
                f.addDisk("other");
                f.addFormat("fmt", "d");
                Backend blk = f.attach("blk", "fmt");
                Backend other = f.attach("blk2", "other");
                f.on.await(f.write(blk, 0));
                FakeNode bad = f.disk.node("d");
                bad.bug = bug;
                CompletableFuture<Void> meets = f.write(blk, 4096);
                f.until(() -> !faults.isEmpty());
                CompletableFuture<Void> parked = f.write(blk, 8192);
                f.on.await(f.write(other, 0));
                assertTrue(f.graph.find("d").driverMissing());
                assertFalse(f.graph.find("fmt").driverMissing(), "what is above stays");
                assertFalse(bad.calls.contains("freeze"), "a broken half is asked for nothing");
                assertFalse(meets.isDone() || parked.isDone());
                DriverFault fault = faults.getFirst();
                assertEquals(bug.getClass().getName(), fault.exceptionClass());
                assertEquals("d", fault.node());
                assertEquals("0.0.0", fault.version().version());

                FakeDriver fixed = addFixed(f);
                f.on.await(meets);
                f.on.await(parked);
                assertTrue(fixed.node("d").calls.contains("write 4096+4096"));
                assertTrue(fixed.node("d").calls.contains("write 8192+4096"));
                assertEquals(List.of("d"), restored);
                assertEquals(1, faults.size());
                assertEquals(FIXED, f.graph.find("d").driverVersion());
                f.on.await(f.write(blk, 0));
            });
        }
    }

    @Test
    void readsAreBlamedOnTheNodeThatFailsAndNotOnTheOneAbove() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.addDisk("d");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("blk", "fmt");
            f.disk.node("d").bug = new IllegalStateException("closed");
            CompletableFuture<Void> meets = f.on.start(f.graph.main,
                    () -> blk.preadv(0, 4096, Fakes.buffer(4096, 0), 0, 0));
            f.until(() -> !faults.isEmpty());
            assertEquals("d", faults.getFirst().node());
            assertFalse(f.graph.find("fmt").driverMissing());
            addFixed(f);
            f.on.await(meets);
            assertEquals(1, faults.size());
        });
    }

    @Test
    void driverThatFailedIsNotTriedAgainHere() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.graph.setMissingPolicy(new MissingPolicy(true, 50_000_000));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeDriver second = new FakeDriver("disk", DriverTraits.PROTOCOL);
            second.bug = new AssertionError("so is the other");
            f.disk.node("d").bug = new AssertionError("broken");
            f.graph.addDriver(second, FIXED);
            assertThrows(BlockException.class, () -> f.on.await(f.write(blk, 0)));
            assertEquals(2, faults.size());
        });
    }

    @Test
    void driverThatCannotTellItsLengthIsNotAskedAgain() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.node("d").lengthFails = true;
            CompletableFuture<Void> asked = f.write(blk, 0);
            f.until(() -> !faults.isEmpty());
            addFixed(f);
            f.on.await(asked);
            f.on.await(f.write(blk, 4096));
            assertEquals(FIXED, f.graph.find("d").driverVersion());
        });
    }

    @Test
    void byPolicyTheyFailWithWhatHappened() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.graph.setMissingPolicy(new MissingPolicy(false, 50_000_000));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.node("d").bug = new AssertionError("broken");
            for (int i = 0; i < 2; i++) {
                BlockException e = assertThrows(BlockException.class,
                        () -> f.on.await(f.write(blk, 0)));
                assertEquals("Driver 'disk' of node 'd' failed: java.lang.AssertionError: broken",
                        e.getMessage());
            }
            assertFalse(faults.getFirst().held());
            addFixed(f);
            f.until(() -> !f.graph.find("d").driverMissing());
            f.on.await(f.write(blk, 0));
        });
    }

    @Test
    void afterTheTimeTheyFail() throws Exception {
        Fakes.run(f -> {
            f.graph.setMissingPolicy(new MissingPolicy(true, 20_000_000));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.node("d").bug = new AssertionError();
            assertThrows(BlockException.class, () -> f.on.await(f.write(blk, 0)));
            addFixed(f);
            f.until(() -> !f.graph.find("d").driverMissing());
            f.on.await(f.write(blk, 0));
        });
    }

    @Test
    void requestThatNeverComesOutOfABrokenDriverHoldsNobodyForEver() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.graph.setMissingPolicy(new MissingPolicy(true, 50_000_000));
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            FakeNode bad = f.disk.node("d");
            bad.hold = true;
            CompletableFuture<Void> stuck = f.write(blk, 0);
            f.until(() -> bad.heldCount() == 1);
            bad.bug = new AssertionError();
            assertThrows(BlockException.class, () -> f.on.await(f.write(blk, 4096)));
            assertFalse(faults.getFirst().held());
            bad.bug = null;
            bad.release();
            f.on.await(stuck);
        });
    }

    @Test
    void nodeWhoseDriverFailsWhileItClosesIsGoneAllTheSame() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Node fmt = f.addFormat("fmt", "d");
            f.fmt.node("fmt").lifeBug = new IllegalStateException("planted");
            f.graph.awaitDelete("fmt");
            assertEquals(Node.Stage.CLOSED, fmt.stage);
            f.graph.awaitDelete("d");
            assertEquals(1, f.disk.closedCount);
            f.addDisk("d");
        });
    }

    @Test
    void nodeWhoseDriverFailsWhenItIsToldOfPermissionsRefusesThemAndHeals() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.addDisk("d");
            f.disk.node("d").lifeBug = new IllegalStateException("planted");
            assertThrows(BlockException.class, () -> f.attach("blk", "d"));
            f.until(() -> !faults.isEmpty());
            addFixed(f);
            f.until(() -> !f.graph.find("d").driverMissing());
            f.on.await(f.write(f.attach("blk", "d"), 0));
        });
    }

    @Test
    void closingEverythingDoesNotWaitForABetterDriver() throws Exception {
        Fakes.run(f -> {
            listen(f);
            f.addDisk("d");
            Backend blk = f.attach("blk", "d");
            f.disk.node("d").bug = new AssertionError();
            CompletableFuture<Void> meets = f.write(blk, 0);
            f.until(() -> !faults.isEmpty());
            f.graph.endHolds();
            assertThrows(BlockException.class, () -> f.on.await(meets));
        });
    }
}
