package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DrainTest {

    @Test
    @Rule("D1")
    void drainWaitsForTheRequestInFlightAndParksTheNext() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            CompletableFuture<Void> first = f.write(blk, 0);
            f.until(() -> disk.heldCount() == 1);
            DrainedSection[] section = new DrainedSection[1];
            CompletableFuture<Void> drain = f.on.start(f.graph.main,
                    () -> section[0] = f.graph.awaitDrained(f.graph.find("d")));
            f.on.settle();
            assertFalse(drain.isDone());
            CompletableFuture<Void> second = f.write(blk, 4096);
            f.until(() -> blk.parkedCount() == 1);
            disk.release();
            f.on.await(drain);
            f.on.await(first);
            assertEquals(0, disk.running.get());
            assertEquals(0, blk.inFlight());
            f.on.settle();
            assertFalse(second.isDone());
            section[0].close();
            f.on.await(second);
            assertEquals(2, blk.stats().writeCount());
        });
    }

    @Test
    @Rule("D1")
    void nestedSectionsHoldUntilTheLastEnds() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            DrainedSection outer = f.graph.awaitDrained(node);
            DrainedSection inner = f.graph.awaitDrained(node);
            assertEquals(2, node.quiesceCount());
            CompletableFuture<Void> write = f.write(blk, 0);
            f.until(() -> blk.parkedCount() == 1);
            outer.close();
            f.on.settle();
            assertFalse(write.isDone());
            inner.close();
            f.on.await(write);
            FakeNode disk = f.disk.node("d");
            assertEquals(1, disk.begins);
            assertEquals(1, disk.ends);
        });
    }

    @Test
    @Rule("D1")
    void drainOfAChildDrainsAllParentsThroughADiamond() throws Exception {
        Fakes.run(f -> {
            Node bottom = f.addDisk("d");
            f.addFilter("left", "d");
            f.addFilter("right", "d");
            Backend a = f.attach("a", "left");
            Backend b = f.attach("b", "right");
            f.addDisk("other");
            Backend c = f.attach("c", "other");
            try (DrainedSection section = f.graph.awaitDrained(bottom)) {
                assertEquals(1, a.quiesceCount());
                assertEquals(1, b.quiesceCount());
                assertEquals(1, f.filter.node("left").begins);
                assertEquals(0, c.quiesceCount());
                f.on.await(f.write(c, 0)); // a stranger goes on
                assertEquals(1, section == null ? 0 : bottom.quiesceCount());
            }
            assertEquals(0, a.quiesceCount());
            f.on.await(f.write(a, 0));
            f.on.await(f.write(b, 0));
        });
    }

    @Test
    @Rule({"D1", "D7"})
    void drainWaitsForRequestsOfThreeContexts() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFormat("fmt", "d");
            Backend blk = f.attach("b", "fmt");
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            AioContext io1 = f.on.ioThread("io1");
            AioContext io2 = f.on.ioThread("io2");
            CompletableFuture<Void> all = CompletableFuture.allOf(f.write(blk, 0),
                    f.write(blk, io1, 4096), f.write(blk, io2, 8192));
            f.until(() -> disk.heldCount() == 3);
            CompletableFuture<Void> drain = f.on.start(f.graph.main, () -> {
                try (DrainedSection section = f.graph.awaitDrained(f.graph.find("fmt"))) {
                    assertEquals(0, disk.running.get());
                    assertTrue(section != null);
                }
            });
            f.on.settle();
            assertFalse(drain.isDone());
            disk.release();
            f.on.await(drain);
            f.on.await(all);
        });
    }

    @Test
    @Rule("D1")
    void drainWaitsForTheDriversOwnWork() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            FakeNode disk = f.disk.node("d");
            disk.polls = true;
            CompletableFuture<Void> drain = f.on.start(f.graph.main,
                    () -> f.graph.awaitDrained(node).close());
            f.on.settle();
            assertFalse(drain.isDone());
            disk.polls = false;
            disk.request.notices().quiet();
            f.on.await(drain);
        });
    }

    @Test
    @Rule("D1")
    void detachInsideADrainLeavesNothingBehind() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeDevice device = new FakeDevice();
            f.graph.publish("b", device);
            try (DrainedSection section = f.graph.awaitDrained(node)) {
                assertEquals(1, device.begins);
                blk.awaitClose();
                assertEquals(1, section == null ? 0 : device.ends);
            }
            assertEquals(0, node.quiesceCount());
            assertTrue(node.parents.isEmpty());
            Backend next = f.attach("b", "d");
            f.on.await(f.write(next, 0));
        });
    }

    @Test
    @Rule({"D1", "D4"})
    void attachInsideADrainParksFromTheStart() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            CompletableFuture<Void> write;
            FakeDevice device = new FakeDevice();
            f.graph.publish("b", device);
            try (DrainedSection section = f.graph.awaitDrained(node)) {
                Backend blk = f.attach("b", "d");
                assertEquals(1, device.begins);
                assertEquals(0, device.ends);
                write = f.write(blk, 0);
                f.until(() -> blk.parkedCount() == 1);
                assertFalse(section == null || write.isDone());
            }
            f.on.await(write);
            assertEquals(1, device.ends);
        });
    }

    @Test
    @Rule("D1")
    void drainOfAllNodesHoldsNodesThatComeLater() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Node late;
            CompletableFuture<Void> write;
            try (DrainedSection section = f.graph.awaitAllDrained()) {
                late = f.addDisk("late");
                Backend blk = f.attach("b", "late");
                assertEquals(1, section == null ? 0 : late.quiesceCount());
                write = f.write(blk, 0);
                f.until(() -> blk.parkedCount() == 1);
            }
            f.on.await(write);
            assertEquals(0, late.quiesceCount());
            assertEquals(f.disk.node("late").begins, f.disk.node("late").ends);
        });
    }

    @Test
    @Rule("D1")
    void replacedChildIsTheOneTheNextRequestReaches() throws Exception {
        Fakes.run(f -> {
            f.addDisk("one");
            f.addDisk("two");
            Node top = f.addFilter("top", "one");
            Backend blk = f.attach("b", "top");
            NodeEdge edge = top.edge("file");
            CompletableFuture<Void> write;
            try (DrainedSection section = f.graph.awaitDrained(top)) {
                write = f.write(blk, 0);
                f.until(() -> blk.parkedCount() == 1);
                try (GraphWriteSection lock = f.graph.lock.awaitWrite();
                        GraphChange change = new GraphChange(f.graph)) {
                    change.replace(edge, (Node) f.graph.find("two"));
                    change.awaitCommit();
                    assertTrue(lock != null && section != null);
                }
            }
            f.on.await(write);
            assertTrue(f.disk.node("one").calls.isEmpty());
            assertEquals("write 0+4096", f.disk.node("two").calls.getFirst());
        });
    }

    @Test
    @Rule("D1")
    void replacingByADrainedChildKeepsTheParentDrained() throws Exception {
        Fakes.run(f -> {
            f.addDisk("one");
            Node two = f.addDisk("two");
            Node top = f.addFilter("top", "one");
            DrainedSection low = f.graph.awaitDrained(two);
            try (DrainedSection section = f.graph.awaitDrained(top);
                    GraphWriteSection lock = f.graph.lock.awaitWrite();
                    GraphChange change = new GraphChange(f.graph)) {
                change.replace(top.edge("file"), two);
                change.awaitCommit();
                assertEquals(2, section == null || lock == null ? 0 : top.quiesceCount());
            }
            assertEquals(1, top.quiesceCount());
            low.close();
            assertEquals(0, top.quiesceCount());
        });
    }

    @Test
    @Rule("D1")
    void closingABackendWaitsForItsRequests() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            CompletableFuture<Void> write = f.write(blk, 0);
            f.until(() -> disk.heldCount() == 1);
            CompletableFuture<Void> close = f.on.start(f.graph.main, blk::awaitClose);
            f.on.settle();
            assertFalse(close.isDone());
            disk.release();
            f.on.await(write);
            f.on.await(close);
            assertNull(f.graph.findBackend("b"));
        });
    }

    @Test
    @Rule("D2")
    void drainFromAnIoThreadWhileMainDrainsToo() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            for (int i = 0; i < 200; i++) {
                CompletableFuture<Void> write = f.write(blk, io, 0);
                CompletableFuture<Void> there = f.on.start(io, () -> {
                    try (DrainedSection section = f.graph.awaitDrained(node)) {
                        assertTrue(section != null && io.isCurrent());
                        assertEquals(0, f.disk.node("d").running.get());
                    }
                });
                try (DrainedSection section = f.graph.awaitDrained(node)) {
                    assertTrue(section != null && node.quiesceCount() > 0);
                    assertEquals(0, f.disk.node("d").running.get());
                }
                f.on.await(there);
                f.on.await(write);
            }
            f.until(() -> node.quiesceCount() == 0);
        });
    }

    @Test
    @Rule("D3")
    void drainWaitsForAHandlerThatRunsElsewhere() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeDevice device = new FakeDevice();
            f.graph.publish("b", device);
            device.polls = true;
            blk.incrementInFlight();
            CompletableFuture<Void> drain = f.on.start(f.graph.main,
                    () -> f.graph.awaitDrained(node).close());
            f.on.settle();
            assertFalse(drain.isDone());
            assertEquals(1, device.begins);
            AioContext io = f.on.ioThread("io");
            f.on.await(f.on.start(io, () -> {
                device.polls = false;
                blk.decrementInFlight();
            }));
            f.on.await(drain);
            assertEquals(1, device.ends);
        });
    }

    @Test
    @Rule("D3")
    void drainInsideANoticeIsRefused() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            f.attach("b", "d");
            Throwable[] seen = new Throwable[1];
            f.graph.publish("b", new FakeDevice() {
                @Override
                public void drainedBegin() {
                    seen[0] = assertThrows(IllegalStateException.class,
                            () -> f.graph.awaitDrained(node));
                }
            });
            f.graph.awaitDrained(node).close();
            assertEquals("drain inside a callback of a drain", seen[0].getMessage());
        });
    }

    @Test
    void drainGoesOnWithoutADeviceThatFailsWhileItWaits() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeDevice device = new FakeDevice() {
                @Override
                public boolean drainedPoll() {
                    throw new IllegalStateException("planted");
                }
            };
            var publication = f.graph.publish("b", device);
            f.graph.awaitDrained(node).close();
            assertEquals(1, device.begins);
            assertEquals(0, device.ends, "it is not attached any more");
            assertEquals(0, node.quiesceCount());
            assertTrue(f.graph.drains().isEmpty());
            f.on.await(f.write(blk, 0));
            publication.close();
        });
    }

    @Test
    @Rule({"D5", "R-DRAIN-RESUME-RACE"})
    void secondDrainWaitsForTheRequestTheFirstOneResumed() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeNode disk = f.disk.node("d");
            AioContext io = f.on.ioThread("io");
            for (int i = 0; i < 500; i++) {
                DrainedSection first = f.graph.awaitDrained(node);
                CompletableFuture<Void> write = f.write(blk, io, 0);
                f.until(() -> blk.parkedCount() == 1);
                first.close();
                DrainedSection second = f.graph.awaitDrained(node);
                assertEquals(0, blk.inFlight());
                assertEquals(0, disk.running.get());
                second.close();
                f.on.await(write);
            }
        });
    }

    @Test
    @Rule({"D5", "R-DRAIN-RESUME-RACE"})
    void requestThatRacesWithEndAndBeginIsNeverMissed() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            FakeNode disk = f.disk.node("d");
            disk.yields = true;
            AioContext io = f.on.ioThread("io");
            AtomicBoolean stop = new AtomicBoolean();
            CompletableFuture<Void> load = f.on.start(io, () -> {
                while (!stop.get()) {
                    blk.pwritev(0, 4096, Fakes.buffer(4096, 1), 0, 0);
                }
            });
            for (int i = 0; i < 3_000; i++) {
                try (DrainedSection section = f.graph.awaitDrained(node)) {
                    for (int k = 0; k < 50; k++) {
                        assertEquals(0, section == null ? -1 : disk.running.get());
                        Thread.onSpinWait();
                    }
                }
            }
            stop.set(true);
            f.on.await(load);
        });
    }

    @Test
    @Rule({"D6", "R-NBD-DRAIN-WINDOW"})
    void ownerThatSwitchesParkingOffStopsSubmittingItself() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            AtomicBoolean stop = new AtomicBoolean();
            f.graph.publish("b", new FakeDevice() {
                @Override
                public void drainedBegin() {
                    stop.set(true);
                }
            });
            blk.parkRequests(false);
            CompletableFuture<Void> flood = f.on.start(io, () -> {
                for (int i = 0; i < 1_000_000; i++) {
                    blk.incrementInFlight(); // from before the check to after the verb
                    try {
                        if (stop.get()) {
                            return;
                        }
                        blk.pwritev(0, 4096, Fakes.buffer(4096, 1), 0, 0);
                    } finally {
                        blk.decrementInFlight();
                    }
                }
            });
            f.until(() -> blk.stats().writeCount() > 100);
            try (DrainedSection section = f.graph.awaitDrained(node)) {
                long before = blk.stats().writeCount();
                assertEquals(0, section == null ? -1 : blk.inFlight());
                f.on.settle();
                assertEquals(before, blk.stats().writeCount());
            }
            f.on.await(flood);
        });
    }

    @Test
    @Rule({"D9", "R-DOUBLE-DRAIN-EXPORT"})
    void beginEndBeginWithoutATurnIsLegal() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            f.attach("b", "d");
            FakeDevice device = new FakeDevice();
            f.graph.publish("b", device);
            f.graph.awaitDrained(node).close();
            DrainedSection again = f.graph.awaitDrained(node);
            assertEquals(2, device.begins);
            assertEquals(1, device.ends);
            again.close();
            assertEquals(2, device.ends);
        });
    }

    @Test
    @Rule({"G6", "R-STREAM-GRAPHLOCK"})
    void drainUnderTheGraphLockFailsAtOnce() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            try (GraphWriteSection lock = f.graph.lock.awaitWrite()) {
                assertTrue(lock != null);
                assertThrows(IllegalStateException.class, () -> f.graph.awaitDrained(node));
            }
            f.graph.awaitDrained(node).close();
        });
    }

    @Test
    @Rule("E11")
    void drainWaitsForWorkThatIsScheduledAndCountedOnly() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            for (int i = 0; i < 200; i++) {
                boolean[] ran = new boolean[1];
                blk.incrementInFlight(); // counted from here, before anybody can see it
                io.schedule(() -> {
                    ran[0] = true;
                    blk.decrementInFlight();
                });
                try (DrainedSection section = f.graph.awaitDrained(node)) {
                    assertTrue(section != null && ran[0], "the drain came before the purge");
                }
            }
        });
    }

    @Test
    @Rule("D11")
    void drainIsNoLicenceToEditAndKeepsNoReaderOut() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            f.addDisk("two");
            Node top = f.addFilter("top", "d");
            AioContext io = f.on.ioThread("io");
            try (DrainedSection section = f.graph.awaitAllDrained()) {
                assertTrue(section != null && top.quiesceCount() > 0);
                assertThrows(AssertionError.class, () -> new GraphChange(f.graph),
                        "drained, but not locked");
                AtomicBoolean letGo = new AtomicBoolean();
                AtomicBoolean reads = new AtomicBoolean();
                CompletableFuture<Void> reader = f.on.start(io, () -> {
                    try (GraphReadSection read = f.graph.lock.awaitRead()) {
                        reads.set(read != null);
                        f.until(letGo::get);
                        reads.set(false);
                    }
                });
                f.until(reads::get); // a drain keeps nobody from looking
                CompletableFuture<Void> edit = f.on.start(f.graph.main, () -> {
                    try (GraphWriteSection lock = f.graph.lock.awaitWrite();
                            GraphChange change = new GraphChange(f.graph)) {
                        change.replace(top.edge("file"), (Node) f.graph.find("two"));
                        change.awaitCommit();
                        assertTrue(lock != null && !reads.get());
                    }
                });
                f.on.settle();
                assertFalse(edit.isDone(), "an edit beside a reader, because all is drained");
                assertEquals("d", top.child("file").name());
                letGo.set(true);
                f.on.await(reader);
                f.on.await(edit);
            }
            assertEquals("two", top.child("file").name());
            assertEquals(0, node.quiesceCount());
        });
    }

    @Test
    @Rule("D10")
    void drainMayBeHeldOverManyTurnsWithCommandsInsideIt() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            DrainedSection[] held = new DrainedSection[1];
            boolean[] letGo = new boolean[1];
            CompletableFuture<Void> job = f.on.start(f.graph.main, () -> {
                held[0] = f.graph.awaitDrained(node);
                f.until(() -> letGo[0]);
                held[0].close();
            });
            f.until(() -> held[0] != null);
            CompletableFuture<Void> write = f.write(blk, io, 0);
            f.until(() -> blk.parkedCount() == 1);
            for (int i = 0; i < 10; i++) {
                f.addDisk("other"); // all that operators do goes on
                Backend other = f.attach("o", "other");
                f.on.await(f.write(other, 0));
                blk.awaitMoveTo(i % 2 == 0 ? io : f.graph.main);
                f.graph.awaitReopen(List.of(BlockdevOptions.of("disk", "d", null)));
                f.graph.awaitDrained(node).close();
                f.graph.awaitAllDrained().close();
                other.awaitClose();
                f.graph.awaitDelete("other");
                f.addFilter("filter", "d");
                f.graph.awaitDelete("filter");
                f.on.settle();
                assertEquals(1, blk.parkedCount());
                assertEquals(0, f.disk.node("d").running.get());
                assertEquals(1, node.quiesceCount());
            }
            assertFalse(write.isDone());
            letGo[0] = true;
            f.on.await(job);
            f.on.await(write);
        });
    }
}
