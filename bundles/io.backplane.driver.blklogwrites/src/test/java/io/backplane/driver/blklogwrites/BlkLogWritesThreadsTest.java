package io.backplane.driver.blklogwrites;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.backplane.block.BlockException;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.LoopsInTurn;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Two loops on two threads write through one node. */
@Rule("B1")
class BlkLogWritesThreadsTest {
    private static final int DISK_BYTES = 32 << 10;
    private static final int WRITES = 400;

    private final SimulatedDisk file = new SimulatedDisk("file", DISK_BYTES, Thread::onSpinWait);
    private final SimulatedDisk log = new SimulatedDisk("log", 4 << 20, Thread::onSpinWait);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicInteger left = new AtomicInteger();

    @Test
    @Rule("R-LOGWRITES-ZERO")
    void writersInTwoThreadsLeaveALogThatReplaysToTheDisk() throws Exception {
        long seed = System.nanoTime();
        AtomicReference<DriverNode> node = new AtomicReference<>();
        spawnAndRun(() -> node.set(OpenedLog.open(file, log, null, null, 64L)));

        Thread one = writer(node.get(), seed);
        Thread two = writer(node.get(), seed + 1);
        one.start();
        two.start();
        one.join();
        two.join();
        spawnAndRun(() -> node.get().awaitShutdown());

        assertNull(failure.get(), "seed " + seed);
        LogReplay replay = new LogReplay(log.contents());
        assertEquals(2 * WRITES, replay.entries.size());
        assertArrayEquals(file.contents(), replay.disk(DISK_BYTES, replay.entries.size()),
                "seed " + seed);
    }

    private interface Body {
        void run() throws BlockException;
    }

    private void spawnAndRun(Body body) {
        LoopsInTurn.Loop loop = new LoopsInTurn.Loop("control");
        left.incrementAndGet();
        loop.spawn(guarded(body));
        pump(loop);
    }

    private Runnable guarded(Body body) {
        return () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.set(e);
            }
            left.decrementAndGet();
        };
    }

    private void pump(LoopsInTurn.Loop loop) {
        while (left.get() > 0) {
            if (!loop.runReady()) {
                Thread.yield();
            }
        }
    }

    private Thread writer(DriverNode node, long seed) {
        Random random = new Random(seed);
        LoopsInTurn.Loop loop = new LoopsInTurn.Loop("writer" + seed);
        for (int i = 0; i < WRITES; i++) {
            long offset = random.nextInt(48) * 512L;
            byte[] data = new byte[(1 + random.nextInt(8)) * 512];
            random.nextBytes(data);
            boolean zeroes = random.nextInt(4) == 0;
            left.incrementAndGet();
            loop.spawn(guarded(() -> {
                if (zeroes) {
                    node.pwriteZeroes(offset, data.length, 0);
                } else {
                    node.pwritev(offset, data.length, IoVector.of(MemorySegment.ofArray(data)), 0,
                            0);
                }
            }));
        }
        return new Thread(() -> pump(loop));
    }
}
