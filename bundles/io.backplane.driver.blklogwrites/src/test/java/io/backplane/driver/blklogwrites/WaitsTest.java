package io.backplane.driver.blklogwrites;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.spi.DriverNode;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.LoopsInTurn;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Who waits inside the driver says for what, and for whom. */
class WaitsTest {
    private interface Body {
        void run() throws BlockException;
    }

    private final LoopsInTurn.Loop loop = new LoopsInTurn.Loop("loop");
    private final SimulatedDisk file = new SimulatedDisk("file", 32 << 10, this::look);
    private final SimulatedDisk log = new SimulatedDisk("log", 4 << 20, this::look);
    private final Set<String> seen = new TreeSet<>();
    private Throwable failure;
    private DriverNode node;
    private int left;

    /** Looks at all coroutines each time a disk is asked for something, and takes time. */
    private void look() {
        for (Coroutine each : loop.coroutines().registry().busy()) {
            Awaited reason = each.awaited();
            if (reason != null && each.isSuspended()) {
                List<Coroutine> blockers = reason.blockers();
                assertTrue(!blockers.isEmpty() && !blockers.contains(each), reason.describe());
                seen.add(reason.describe());
            }
        }
        Coroutine.awaitYield();
    }

    private void run(Body... bodies) {
        for (Body body : bodies) {
            left++;
            loop.spawn(() -> {
                try {
                    body.run();
                } catch (Throwable e) {
                    failure = e;
                }
                left--;
            });
        }
        while (left > 0) {
            loop.runReady();
        }
        assertNull(failure);
    }

    private Body write(long offset) {
        return () -> node.pwritev(offset, 1024, IoVector.of(MemorySegment.ofArray(new byte[1024])),
                0, 0);
    }

    @Test
    @Rule("E6")
    void writersThatMeetAndTheSuperblockSayWhomTheyWaitFor() {
        run(() -> node = OpenedLog.open(file, log, null, null, 2L));
        run(() -> node.pwriteZeroes(16384, 4096, 0), write(0), write(512), write(4096), write(8192), () -> node.flush());
        run(() -> node.awaitShutdown());

        assertTrue(seen.contains("the range of a logged write from 512 to 1536"), seen::toString);
        assertTrue(seen.stream().anyMatch(s -> s.contains(" entries of a write log from ")),
                seen::toString);
    }
}
