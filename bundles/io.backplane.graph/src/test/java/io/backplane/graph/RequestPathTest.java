package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.CacheOptions;
import io.backplane.block.DetectZeroes;
import io.backplane.block.DiscardMode;
import io.backplane.block.Preallocation;
import io.backplane.block.RequestFlags;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RequestPathTest {
    private static final BlockLimits SECTORS = BlockLimits.NONE.withAlignment(512, 512);

    private static Backend disk(Fakes f, DiscardMode discard, CacheOptions cache,
            DetectZeroes zeroes) throws BlockException {
        f.graph.awaitAdd(new BlockdevOptions("disk", "d", discard, cache, null, null, null, zeroes,
                null));
        return f.attach("b", "d", Fakes.RWR, io.backplane.block.Permissions.ALL);
    }

    private static byte[] read(Backend blk, long offset, int bytes) throws BlockException {
        MemorySegment to = Arena.ofAuto().allocate(bytes);
        blk.preadv(offset, bytes, IoVector.of(to), 0, 0);
        return to.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void unalignedWriteIsReadModifyWrite() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = SECTORS;
            Backend blk = disk(f, null, null, null);
            blk.pwritev(0, 4096, Fakes.buffer(4096, 1), 0, 0);
            f.disk.node("d").calls.clear();
            blk.pwritev(100, 1000, Fakes.buffer(1000, 2), 0, 0);
            assertEquals(List.of("read 0+512", "read 1024+512", "write 0+1536"),
                    f.disk.node("d").calls);
            byte[] expected = new byte[4096];
            Arrays.fill(expected, (byte) 1);
            Arrays.fill(expected, 100, 1100, (byte) 2);
            assertArrayEquals(expected, read(blk, 0, 4096));
            assertArrayEquals(Arrays.copyOfRange(expected, 3, 777), read(blk, 3, 774));
        });
    }

    @Test
    @Rule({"L7", "R-TRACKED-REQ"})
    void overlappingReadModifyWritesFromSeveralContextsLoseNothing() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = SECTORS;
            Backend blk = disk(f, null, null, null);
            f.disk.node("d").yields = true;
            AioContext[] contexts = {f.graph.main, f.on.ioThread("a"), f.on.ioThread("b")};
            int writers = 12;
            int slice = 16; // neighbours share sectors
            CompletableFuture<?>[] all = new CompletableFuture<?>[writers];
            for (int w = 0; w < writers; w++) {
                int me = w;
                all[w] = f.on.start(contexts[w % 3], () -> {
                    Random random = new Random(me);
                    for (int i = 0; i < 100; i++) {
                        long at = (long) random.nextInt(32) * writers * slice + (long) me * slice;
                        blk.pwritev(at, slice, Fakes.buffer(slice, me + 1), 0, 0);
                        byte[] back = read(blk, at, slice);
                        for (byte b : back) {
                            assertEquals(me + 1, b);
                        }
                    }
                });
            }
            for (CompletableFuture<?> one : all) {
                f.on.await(one.thenApply(x -> null));
            }
            assertTrue(f.graph.nodes.find("d").tracker.isEmpty());
            byte[] whole = read(blk, 0, 32 * writers * slice);
            for (int i = 0; i < whole.length; i++) {
                int owner = i / slice % writers + 1;
                assertTrue(whole[i] == 0 || whole[i] == owner, "byte " + i + ": " + whole[i]);
            }
        });
    }

    @Test
    @Rule("R-TRACKED-REQ")
    void readModifyWriteWaitsForAnAlignedWriteAndTheNextWaitsForIt() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = SECTORS;
            Backend blk = disk(f, null, null, null);
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            CompletableFuture<Void> aligned = f.write(blk, 0);
            f.until(() -> disk.heldCount() == 1);
            CompletableFuture<Void> part = f.on.start(f.graph.main,
                    () -> blk.pwritev(10, 20, Fakes.buffer(20, 2), 0, 0));
            f.on.settle();
            assertEquals(List.of("write 0+4096"), disk.calls);
            disk.release();
            f.on.await(aligned);
            f.on.await(part);
            assertEquals(List.of("write 0+4096", "read 0+512", "write 0+512"), disk.calls);
            disk.calls.clear();
            disk.hold = true;
            part = f.on.start(f.graph.main,
                    () -> blk.pwritev(10, 20, Fakes.buffer(20, 2), 0, 0));
            f.until(() -> disk.heldCount() == 1);
            aligned = f.write(blk, 0);
            f.on.settle();
            assertEquals(List.of("read 0+512"), disk.calls);
            disk.release();
            f.on.await(part);
            f.on.await(aligned);
            assertEquals(List.of("read 0+512", "write 0+512", "write 0+4096"), disk.calls);
            assertTrue(f.graph.nodes.find("d").tracker.isEmpty());
        });
    }

    @Test
    void longRequestsAreSplitAndMisalignedMemoryIsBounced() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withAlignment(512, 4096).withTransfer(8192, 0, 2);
            Backend blk = disk(f, null, null, null);
            MemorySegment room = Arena.ofAuto().allocate(40_000, 4096);
            for (int i = 0; i < 40_000; i++) {
                room.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7));
            }
            IoVector many = new IoVector();
            for (int i = 0; i < 8; i++) {
                many.add(room, i * 4096L, 4096);
            }
            blk.pwritev(0, 32768, many, 0, 0);
            assertEquals(List.of("write 0+8192", "write 8192+8192", "write 16384+8192",
                    "write 24576+8192"), f.disk.node("d").calls);
            IoVector odd = new IoVector().add(room, 1, 20_480 - 1).add(room, 0, 1);
            blk.pwritev(65536, 20_480, odd, 0, 0);
            byte[] expected = new byte[20_480];
            for (int i = 0; i < 20_479; i++) {
                expected[i] = (byte) ((i + 1) * 7);
            }
            assertArrayEquals(expected, read(blk, 65536, 20_480));
        });
    }

    @Test
    void fuaIsAFlushWhereTheDriverKnowsNone() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, null, null);
            blk.pwritev(0, 512, Fakes.buffer(512, 1), 0, RequestFlags.FUA);
            assertEquals(List.of("write 0+512", "flush"), f.disk.node("d").calls);
        });
    }

    @Test
    void fuaReachesTheDriverThatKnowsIt() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withFlags(RequestFlags.FUA, 0);
            Backend blk = disk(f, null, null, null);
            blk.pwritev(0, 512, Fakes.buffer(512, 1), 0, RequestFlags.FUA);
            blk.flush();
            assertEquals(List.of("write 0+512 flags 1"), f.disk.node("d").calls);
        });
    }

    @Test
    void flushWithNothingWrittenSinceIsNotSentAgain() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, null, null);
            blk.flush();
            blk.pwritev(0, 512, Fakes.buffer(512, 1), 0, 0);
            blk.flush();
            blk.flush();
            assertEquals(List.of("write 0+512", "flush"), f.disk.node("d").calls);
            f.disk.node("d").failFlush = new BlockException(BlockException.Kind.IO, "no");
            blk.pwriteZeroes(0, 512, 0);
            assertThrows(BlockException.class, blk::flush);
            f.disk.node("d").failFlush = null;
            blk.flush();
            assertEquals(3, f.disk.node("d").calls.stream().filter("flush"::equals).count());
        });
    }

    @Test
    void flushThatArrivesDuringAFlushWaitsForIt() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, null, null);
            blk.pwritev(0, 512, Fakes.buffer(512, 1), 0, 0);
            FakeNode disk = f.disk.node("d");
            disk.hold = true;
            CompletableFuture<Void> first = f.on.start(f.graph.main, blk::flush);
            f.until(() -> disk.heldCount() == 1);
            CompletableFuture<Void> second = f.on.start(f.graph.main, blk::flush);
            f.on.settle();
            assertFalse(second.isDone());
            disk.release();
            f.on.await(first);
            f.on.await(second);
        });
    }

    @Test
    void noFlushSkipsTheProtocolFlush() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, new CacheOptions(null, true), null);
            blk.pwritev(0, 512, Fakes.buffer(512, 1), 0, RequestFlags.FUA);
            blk.flush();
            assertEquals(List.of("write 0+512"), f.disk.node("d").calls);
        });
    }

    @Test
    void writeZeroesGoesAlignedToTheDriverAndPlainAtTheEdges() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withDiscard(1, 0, 4096, 8192);
            Backend blk = disk(f, null, null, null);
            blk.pwritev(0, 65536, Fakes.buffer(65536, 1), 0, 0);
            f.disk.node("d").calls.clear();
            blk.pwriteZeroes(1000, 20_000, 0);
            assertEquals(List.of("write 1000+3096", "zero 4096+8192", "zero 12288+8192",
                    "write 20480+520"), f.disk.node("d").calls);
            byte[] expected = new byte[65536];
            Arrays.fill(expected, (byte) 1);
            Arrays.fill(expected, 1000, 21_000, (byte) 0);
            assertArrayEquals(expected, read(blk, 0, 65536));
        });
    }

    @Test
    void writeZeroesFallsBackToWritesUnlessForbidden() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, null, null);
            f.disk.node("d").zeroesWork = false;
            blk.pwritev(0, 4096, Fakes.buffer(4096, 1), 0, 0);
            blk.pwriteZeroes(512, 1024, 0);
            assertEquals(0, read(blk, 512, 1)[0]);
            BlockException e = assertThrows(BlockException.class,
                    () -> blk.pwriteZeroes(0, 512, RequestFlags.NO_FALLBACK));
            assertEquals(BlockException.Kind.UNSUPPORTED, e.kind());
            assertEquals(1, read(blk, 0, 1)[0]);
        });
    }

    @Test
    void mayUnmapNeedsDiscardUnmap() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withFlags(0, RequestFlags.MAY_UNMAP);
            Backend blk = disk(f, null, null, null);
            blk.pwriteZeroes(0, 512, RequestFlags.MAY_UNMAP);
            assertEquals(List.of("zero 0+512"), f.disk.node("d").calls);
        });
    }

    @Test
    void discardIsDroppedOrCutToAlignment() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withDiscard(4096, 8192, 1, 0);
            Backend blk = disk(f, DiscardMode.UNMAP, null, null);
            blk.pdiscard(100, 20_000);
            assertEquals(List.of("discard 4096+8192", "discard 12288+4096"),
                    f.disk.node("d").calls.subList(0, 2));
            blk.pdiscard(1, 4000);
            f.addDisk("plain");
            Backend other = f.attach("other", "plain");
            other.pdiscard(0, 8192);
            assertTrue(f.disk.node("plain").calls.isEmpty());
            assertFalse(other.unmaps());
            assertTrue(blk.unmaps());
        });
    }

    @Test
    void detectZeroesTurnsWritesIntoWriteZeroes() throws Exception {
        Fakes.run(f -> {
            f.disk.limits = BlockLimits.NONE.withFlags(0, RequestFlags.MAY_UNMAP);
            Backend blk = disk(f, DiscardMode.UNMAP, null, DetectZeroes.UNMAP);
            blk.pwritev(0, 4096, Fakes.buffer(4096, 0), 0, 0);
            blk.pwritev(0, 4096, Fakes.buffer(4096, 3), 0, 0);
            assertEquals(List.of("zero 0+4096 flags 2", "write 0+4096"), f.disk.node("d").calls);
        });
    }

    @Test
    void requestsOutsideTheDiskAreRefusedBeforeAnyIo() throws Exception {
        Fakes.run(f -> {
            Backend blk = disk(f, null, null, null);
            long end = FakeNode.ROOM;
            IoVector iov = Fakes.buffer(512, 1);
            assertThrows(BlockException.class, () -> blk.pwritev(end - 256, 512, iov, 0, 0));
            assertThrows(BlockException.class, () -> blk.preadv(-1, 512, iov, 0, 0));
            assertThrows(BlockException.class, () -> blk.preadv(Long.MAX_VALUE, 512, iov, 0, 0));
            assertThrows(BlockException.class, () -> blk.pdiscard(0, end + 1));
            assertTrue(f.disk.node("d").calls.isEmpty());
            assertEquals(1, blk.stats().failedWriteCount());
            assertEquals(0, blk.inFlight());
        });
    }

    @Test
    @Rule("V8")
    void newLengthIsToldOnceFromAnyContext() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            f.addFilter("top", "d");
            Backend blk = f.attach("b", "top", Fakes.RWR, io.backplane.block.Permissions.ALL);
            FakeDevice device = new FakeDevice();
            f.graph.publish("b", device);
            AioContext io = f.on.ioThread("io");
            f.on.await(f.on.start(io, () -> blk.truncate(8192, true, Preallocation.OFF)));
            f.until(() -> device.resizes == 1);
            f.on.settle();
            assertEquals(1, device.resizes);
            assertEquals(8192, blk.length());
            f.graph.find("d").awaitTruncate(4096, Preallocation.OFF);
            f.on.settle();
            assertEquals(2, device.resizes);
        });
    }

    @Test
    @Rule("L4")
    void oneNodeServesFourContextsWhileTheGraphChanges() throws Exception {
        Fakes.run(f -> {
            f.addDisk("one");
            f.addDisk("two");
            Node top = f.addFilter("top", "one");
            Backend blk = f.attach("b", "top");
            AioContext[] contexts = {f.graph.main, f.on.ioThread("a"), f.on.ioThread("b"),
                f.on.ioThread("c")};
            AtomicBoolean stop = new AtomicBoolean();
            CompletableFuture<?>[] all = new CompletableFuture<?>[4];
            for (int i = 0; i < 4; i++) {
                int me = i;
                all[i] = f.on.start(contexts[i], () -> {
                    for (int n = 0; n < 5_000 && !stop.get(); n++) {
                        blk.pwritev(me * 4096L, 4096, Fakes.buffer(4096, me), 0, 0);
                        if (contexts[me].isMain()) {
                            io.backplane.aio.Coroutine.awaitYield();
                        }
                    }
                });
            }
            for (int i = 0; i < 100; i++) {
                Node next = (Node) f.graph.find(i % 2 == 0 ? "two" : "one");
                Node old = top.edge("file").child;
                try (var section = f.graph.awaitDrained(top);
                        GraphWriteSection lock = f.graph.lock.awaitWrite();
                        GraphChange change = new GraphChange(f.graph)) {
                    assertEquals(0, section == null || lock == null ? -1
                            : f.disk.node(old.name()).running.get());
                    change.replace(top.edge("file"), next);
                    change.awaitCommit();
                }
            }
            stop.set(true);
            for (CompletableFuture<?> one : all) {
                f.on.await(one.thenApply(x -> null));
            }
            assertEquals(0, top.inFlight());
        });
    }
}
