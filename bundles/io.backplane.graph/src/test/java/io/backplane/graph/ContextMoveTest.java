package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.rules.Rule;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** More moves: {@code -Dbackplane.moves=100000}. */
class ContextMoveTest {
    private static final int MOVES = Integer.getInteger("backplane.moves", 10_000);

    @Test
    @Rule("G2")
    void diamondWithOneRefusingParentDoesNotMove() throws Exception {
        Fakes.run(f -> {
            Node bottom = f.addDisk("d");
            Node left = f.addFilter("left", "d");
            Node right = f.addFilter("right", "d");
            Backend a = f.attach("a", "left");
            Backend b = f.attach("b", "right");
            FakeDevice refusing = new FakeDevice();
            refusing.refuses = true;
            f.graph.publish("b", refusing);
            AioContext io = f.on.ioThread("io");
            assertThrows(BlockException.class, () -> a.awaitMoveTo(io));
            for (Node node : new Node[] {bottom, left, right}) {
                assertSame(f.graph.main, node.context());
                assertEquals(0, node.quiesceCount());
            }
            refusing.refuses = false;
            a.awaitMoveTo(io);
            assertSame(io, b.context());
            assertSame(io, bottom.context());
            assertSame(io, refusing.context);
            assertEquals(2, refusing.begins);
            assertEquals(2, refusing.ends);
        });
    }

    @Test
    @Rule({"L2", "G1"})
    void movingUnderLoadLosesNoRequest() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext x = f.on.ioThread("x");
            AioContext y = f.on.ioThread("y");
            AtomicBoolean stop = new AtomicBoolean();
            long[] sent = new long[2];
            CompletableFuture<?>[] load = new CompletableFuture<?>[2];
            for (int i = 0; i < 2; i++) {
                int me = i;
                load[i] = f.on.start(i == 0 ? x : y, () -> {
                    while (!stop.get()) {
                        blk.pwritev(me * 4096L, 4096, Fakes.buffer(4096, me), 0, 0);
                        sent[me]++;
                    }
                });
            }
            for (int i = 0; i < MOVES; i++) {
                AioContext target = i % 2 == 0 ? x : y;
                blk.awaitMoveTo(target);
                assertSame(target, blk.context());
            }
            stop.set(true);
            for (CompletableFuture<?> one : load) {
                f.on.await(one.thenApply(v -> null));
            }
            assertEquals(sent[0] + sent[1], blk.stats().writeCount());
        });
    }

    @Test
    @Rule("L8")
    void ioThreadCannotMoveABackend() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            Backend blk = f.attach("b", "d");
            AioContext io = f.on.ioThread("io");
            f.on.await(f.on.start(io,
                    () -> assertThrows(IllegalStateException.class, () -> blk.awaitMoveTo(io))));
            assertSame(f.graph.main, blk.context());
        });
    }
}
