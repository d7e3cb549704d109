package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.sim.SimTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** Writes, zeroes and reads of the same place at once, and what they may leave. */
final class Overlaps {
    private static final int SECTOR_BYTES = 512;
    private static final int PLACE_SECTORS = 24;
    private static final int WRITERS = 5;

    private final Bench bench;
    private final long place;
    private final List<SimTask> tasks = new ArrayList<>();

    Overlaps(Bench bench) {
        this.bench = bench;
        long last = bench.backend.length() / SECTOR_BYTES - PLACE_SECTORS;
        place = bench.random.nextLong(last + 1) * SECTOR_BYTES;
    }

    void awaitRun(IntFunction<AioContext> contexts) throws Exception {
        ExpectedDisk before = bench.expected.copy();
        for (int i = 0; i < WRITERS; i++) {
            int first = bench.random.nextInt(PLACE_SECTORS);
            int count = 1 + bench.random.nextInt(PLACE_SECTORS - first);
            byte[] data = new byte[count * SECTOR_BYTES];
            boolean zeroes = i == 0;
            Arrays.fill(data, zeroes ? 0 : (byte) (1 + bench.random.nextInt(255)));
            long offset = place + (long) first * SECTOR_BYTES;
            before.mayWrite(offset, data);
            tasks.add(bench.go(contexts.apply(i), "writer" + i, () -> {
                if (zeroes) {
                    bench.backend.pwriteZeroes(offset, data.length, 0);
                } else {
                    try (Vectors.Buffer buffer = bench.vectors.of(data)) {
                        bench.backend.pwritev(offset, data.length, buffer.vector(), buffer.from(),
                                0);
                    }
                }
            }));
            tasks.add(bench.go(contexts.apply(i + 1), "reader" + i,
                    () -> bench.awaitRead(offset, data.length)));
        }
        tasks.forEach(SimTask::await);
        bench.expected = before;
        bench.awaitVerify(place, PLACE_SECTORS * SECTOR_BYTES, "after overlapping writes");
    }
}
