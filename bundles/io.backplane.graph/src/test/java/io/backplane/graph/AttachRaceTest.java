package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * Backends come and go while somebody sends requests to whichever there is: what plugging a disk
 * does under a guest that scans, at the seam below the device. More rounds:
 * {@code -Dbackplane.unplug.rounds=10000}.
 */
class AttachRaceTest {
    private static final int ROUNDS = Integer.getInteger("backplane.unplug.rounds", 250);

    @Test
    @Rule({"G1", "G9", "R-UNPLUG-SCAN"})
    void requestsThatRaceWithAttachAndDetachAreAllAnswered() throws Exception {
        Fakes.run(f -> {
            f.addDisk("d");
            FakeNode disk = f.disk.node("d");
            AioContext[] io = {f.on.ioThread("io0"), f.on.ioThread("io1")};
            AtomicReference<Backend> slot = new AtomicReference<>();
            AtomicBoolean stop = new AtomicBoolean();
            AtomicLong asked = new AtomicLong();
            AtomicLong served = new AtomicLong();
            AtomicLong refused = new AtomicLong();
            List<CompletableFuture<Void>> scans = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                AioContext context = io[i % 2];
                scans.add(f.on.start(context, () -> {
                    while (!stop.get()) {
                        Backend seen = slot.get(); // stale at once, as a guest's view is
                        if (seen == null) {
                            Coroutine.awaitYield();
                            continue;
                        }
                        asked.incrementAndGet();
                        AioContext home = seen.context(); // either value is right
                        assertTrue(home == f.graph.main || home == io[0] || home == io[1]);
                        try {
                            seen.preadv(0, 4096, Fakes.buffer(4096, 0), 0, 0);
                            served.incrementAndGet();
                        } catch (BlockException e) {
                            assertEquals(BlockException.Kind.NO_MEDIUM, e.kind());
                            refused.incrementAndGet();
                        }
                        Coroutine.awaitYield(); // an answer at once must not starve the others
                    }
                }));
            }
            for (int round = 0; round < ROUNDS; round++) {
                disk.yields = round % 3 == 0;
                Backend blk = f.attach("b", "d");
                slot.set(blk);
                blk.awaitMoveTo(io[round % 2]);
                if (round % 5 == 0) {
                    f.graph.awaitDrained(f.graph.find("d")).close();
                }
                long before = asked.get();
                f.until(() -> asked.get() > before);
                blk.awaitClose();
                if (round % 2 == 0) {
                    slot.set(null);
                }
                assertEquals(0, disk.running.get(), "in flight after a detach");
            }
            stop.set(true);
            for (CompletableFuture<Void> scan : scans) {
                f.on.await(scan);
            }
            assertEquals(asked.get(), served.get() + refused.get(), "a request is lost");
            assertTrue(served.get() > 0);
        });
    }
}
