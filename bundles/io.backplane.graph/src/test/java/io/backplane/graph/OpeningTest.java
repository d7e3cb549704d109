package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Opening and closing beside drains, and calls in main that wait for I/O threads. */
class OpeningTest {

    @Test
    @Rule("C4")
    void openingAboveAChildInAnIoThreadEndsInsideADrain() throws Exception {
        Fakes.run(f -> {
            Node disk = f.addDisk("d");
            AioContext io = f.on.ioThread("io");
            Backend blk = f.attach("b", "d");
            blk.awaitMoveTo(io);
            assertSame(io, disk.context());
            f.filter.onOpen = request -> {
                request.child("file").preadv(0, 4096, Fakes.buffer(4096, 0), 0, 0);
                Coroutine.awaitMoveTo(io); // as a driver that works where the disk is
                request.child("file").preadv(4096, 4096, Fakes.buffer(4096, 0), 0, 0);
                Coroutine.awaitMoveTo(f.graph.main);
            };
            for (boolean all : new boolean[] {false, true}) {
                CompletableFuture<Void> write;
                try (DrainedSection section = all ? f.graph.awaitAllDrained()
                        : f.graph.awaitDrained(disk)) {
                    write = f.write(blk, io, 0);
                    f.until(() -> blk.parkedCount() == 1);
                    Node filter = f.addFilter("f", "d");
                    assertTrue(section != null && filter.quiesceCount() > 0);
                    assertFalse(write.isDone());
                    f.graph.awaitDelete("f"); // closing ends, too
                }
                f.on.await(write);
                assertEquals(0, disk.quiesceCount());
            }
        });
    }

    @Test
    @Rule("C4")
    void openingDoesItsIoBeforeOthersSeeTheNodeAndWithoutTheGraphLock() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            AioContext io = f.on.ioThread("io");
            CompletableFuture<Void> reader = new CompletableFuture<>();
            f.filter.onOpen = request -> {
                assertFalse(f.graph.lock.isWriting());
                // Whoever wants the lock meanwhile gets it: nothing is held over this I/O.
                f.graph.lock.awaitWrite().close();
                io.spawn(() -> {
                    f.graph.lock.awaitRead().close();
                    reader.complete(null);
                });
                f.until(reader::isDone);
                request.child("file").preadv(0, 512, Fakes.buffer(512, 0), 0, 0);
                assertFalse(f.graph.nodes().stream().anyMatch(n -> n.name().equals("f")));
            };
            f.addFilter("f", "d");
            assertTrue(f.graph.nodes().stream().anyMatch(n -> n.name().equals("f")));
        });
    }

    @Test
    @Rule("C3")
    void mainThatWaitsForAnIoThreadKeepsNothingThatThisOneNeeds() throws Exception {
        Fakes.run(f -> {
            Node disk = f.addDisk("d");
            AioContext io = f.on.ioThread("io");
            Backend blk = f.attach("b", "d");
            blk.awaitMoveTo(io);
            int[] visits = new int[1];
            f.filter.onOpen = request -> {
                Coroutine.awaitMoveTo(io);
                // Now main waits for this I/O thread, which needs main three times over.
                f.graph.awaitDrained(disk).close();
                Coroutine.awaitMoveTo(f.graph.main);
                f.graph.lock.awaitWrite().close();
                visits[0]++;
                Coroutine.awaitMoveTo(io);
                f.on.await(f.on.start(f.graph.main, () -> visits[0]++));
                request.child("file").preadv(0, 512, Fakes.buffer(512, 0), 0, 0);
                Coroutine.awaitMoveTo(f.graph.main);
            };
            for (int i = 0; i < 20; i++) {
                f.addFilter("f", "d");
                f.graph.awaitDelete("f");
            }
            assertEquals(40, visits[0]);
        });
    }

    @Test
    @Rule("L5")
    void drainsAreForCoroutinesOfAnyContextAndForNothingElse() throws Exception {
        Fakes.run(f -> {
            Node node = f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            blk.awaitMoveTo(io);
            AioContext third = f.on.ioThread("third");
            for (AioContext context : new AioContext[] {f.graph.main, io, third}) {
                CompletableFuture<Throwable> thrown = new CompletableFuture<>();
                context.schedule(() -> thrown.complete(assertThrows(IllegalStateException.class,
                        () -> f.graph.awaitDrained(node))));
                f.until(thrown::isDone);
                assertTrue(thrown.join().getMessage().startsWith("must run in a coroutine"),
                        thrown.join().getMessage());
                assertEquals(0, node.quiesceCount(), "a refused drain leaves nothing behind");
                assertEquals(0, node.inFlight.count(), "a refused drain leaves nothing behind");
                f.on.await(f.on.start(context, () -> {
                    f.graph.awaitDrained(node).close();
                    assertTrue(context.isCurrent());
                }));
            }
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            Thread stranger = new Thread(() -> thrown.complete(assertThrows(
                    IllegalStateException.class, () -> f.graph.awaitDrained(node))));
            stranger.start();
            f.until(thrown::isDone);
            f.on.await(f.write(blk, 0));
        });
    }
}
