package io.backplane.tck;

import io.backplane.block.BlockException;
import java.util.Arrays;
import java.util.Random;

/**
 * A client that owns every n-th sector of the disk, so that its neighbours are others': whatever a
 * driver reads, changes and writes back of more than a request's own bytes shows.
 */
final class Interleaved {
    private static final int SECTOR_BYTES = 512;
    private static final int REQUESTS = 40;

    private final Bench bench;
    private final int index;
    private final int count;
    private final int sectors;
    private final Random random;
    private final byte[] values;

    Interleaved(Bench bench, int index, int count) {
        this.bench = bench;
        this.index = index;
        this.count = count;
        sectors = (int) Math.min(24, bench.backend.length() / SECTOR_BYTES / count);
        random = new Random(bench.random.nextLong());
        values = new byte[sectors];
    }

    void awaitRun() throws BlockException {
        for (int i = 0; i < sectors; i++) {
            bench.awaitZeroes(offset(i), SECTOR_BYTES, 0);
        }
        for (int i = 0; i < REQUESTS; i++) {
            awaitOne();
        }
        for (int i = 0; i < sectors; i++) {
            awaitRead(i);
        }
    }

    private long offset(int own) {
        return ((long) own * count + index) * SECTOR_BYTES;
    }

    private void awaitOne() throws BlockException {
        int own = random.nextInt(sectors);
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> {
                values[own] = (byte) (1 + random.nextInt(255));
                byte[] data = new byte[SECTOR_BYTES];
                Arrays.fill(data, values[own]);
                bench.awaitWrite(offset(own), data, 0);
            }
            case 3 -> {
                values[own] = 0;
                bench.awaitZeroes(offset(own), SECTOR_BYTES, 0);
            }
            case 4 -> bench.backend.flush();
            default -> awaitRead(own);
        }
    }

    private void awaitRead(int own) throws BlockException {
        byte expected = values[own];
        bench.awaitCheckFilled(offset(own), SECTOR_BYTES, expected, "client " + index);
    }
}
