package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.GuestDevice;
import org.HdrHistogram.Histogram;

/** Load of one queue for the benchmark. Requests carry no pattern; nothing is checked. */
final class BenchWorker extends QueueWorker {
    /** What the requests are. */
    record Pattern(int readPercent, boolean random, int flushEvery, boolean discard,
            boolean zeroes) {
    }

    /** What is counted now. */
    enum Phase { WARMUP, MEASURE, AFTER }

    private static final long LATENCY_NS_MAX = 60_000_000_000L;

    // Immutable
    private final Pattern pattern;
    private final int blockBytes;
    private final long firstBlock;
    private final long blockCount;
    private final long[] startNs;
    private final Histogram latency = new Histogram(LATENCY_NS_MAX, 3);

    // The worker's thread; others after it ended
    private long random;
    private long next;
    private long ios;
    private long errors;
    private long kicks;
    private long waits;
    private long kicksBefore;
    private long waitsBefore;
    private boolean measuring;

    // Any thread
    private volatile Phase phase = Phase.WARMUP;

    BenchWorker(GuestDevice device, BlkQueue queue, Waiting waiting, int entriesMax, int cpu,
            Pattern pattern, int blockBytes, long firstBlock, long blockCount, long seed) {
        super(device, queue, waiting, entriesMax, cpu);
        this.pattern = pattern;
        this.blockBytes = blockBytes;
        this.firstBlock = firstBlock;
        this.blockCount = blockCount;
        this.startNs = new long[queue.depth()];
        this.random = seed * 0x9e3779b97f4a7c15L | 1;
    }

    /** Tells what to count from the worker's next turn on. */
    void enter(Phase newPhase) {
        phase = newPhase;
    }

    @Override
    protected void turn() {
        boolean measure = phase == Phase.MEASURE;
        if (measure != measuring) {
            measuring = measure;
            if (measure) {
                kicksBefore = queue.ring().kickCount();
                waitsBefore = queue.ring().waitCount();
            } else {
                kicks = queue.ring().kickCount() - kicksBefore;
                waits = queue.ring().waitCount() - waitsBefore;
            }
        }
    }

    @Override
    protected boolean submit(int slot) {
        long block;
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        if (pattern.random) {
            block = Math.unsignedMultiplyHigh(random * 0x2545f4914f6cdd1dL, blockCount);
        } else {
            block = next;
            next = next + 1 == blockCount ? 0 : next + 1;
        }
        long sector = (firstBlock + block) * (blockBytes / BlkQueue.SECTOR_BYTES);
        startNs[slot] = now;
        if (pattern.discard || pattern.zeroes) {
            queue.submitRange(slot, pattern.discard ? BlkQueue.DISCARD : BlkQueue.WRITE_ZEROES,
                    sector, blockBytes / BlkQueue.SECTOR_BYTES, false);
        } else if (pattern.flushEvery > 0
                && Long.remainderUnsigned(random >>> 8, pattern.flushEvery) == 0) {
            queue.submit(slot, BlkQueue.FLUSH, 0, 0);
        } else {
            boolean read = pattern.readPercent == 100
                    || pattern.readPercent > 0 && (random >>> 40) % 100 < pattern.readPercent;
            queue.submit(slot, read ? BlkQueue.READ : BlkQueue.WRITE, sector, blockBytes);
        }
        return true;
    }

    @Override
    protected void completed(int slot, int status) {
        if (measuring) {
            ios++;
            latency.recordValue(Math.min(LATENCY_NS_MAX, Math.max(0, now - startNs[slot])));
        }
        if (status != BlkQueue.OK) {
            errors++;
        }
    }

    long ios() {
        return ios;
    }

    long errors() {
        return errors;
    }

    long kicks() {
        return kicks;
    }

    long waits() {
        return waits;
    }

    Histogram latency() {
        return latency;
    }
}
