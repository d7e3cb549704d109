package io.backplane.tool.bench;

import io.backplane.tool.guest.BenchLoad;
import io.backplane.tool.guest.Waiting;
import java.util.List;

/**
 * One line of the table: what is served, how it is loaded, and the goal.
 *
 * @param name for {@code --case}
 * @param storage what is served
 * @param op load, as for {@code backplane guest bench}
 * @param blockBytes bytes of a request
 * @param depth requests in flight per queue
 * @param queues queues
 * @param waiting how the guest waits
 * @param placement where guest and server run
 * @param iopsGoal least ratio of IOPS, ours to the peer's; 0: none
 * @param cpuGoal largest ratio of CPU time per request; 0: none
 * @param p50Goal largest ratio of median latency; 0: none
 * @param quick whether {@code --quick} runs it
 */
record BenchCase(String name, Storage storage, String op, int blockBytes, int depth, int queues,
        Waiting waiting, Placement placement, double iopsGoal, double cpuGoal, double p50Goal,
        boolean quick) {

    /** What a server serves. */
    enum Storage {
        /** Nothing: writes vanish. */
        NULL,
        /** A raw file through the page cache, by io_uring. */
        RAW,
        /** A raw file past the page cache, by io_uring. */
        RAW_DIRECT,
        /** A qcow2 image with all clusters allocated, past the page cache. */
        QCOW2,
        /** An empty qcow2 image, past the page cache, to be read. */
        QCOW2_EMPTY,
        /** An empty qcow2 image, past the page cache, a fresh one for each pass. */
        QCOW2_FRESH
    }

    /** Where the threads run. */
    enum Placement {
        /** Where the kernel likes. */
        FREE,
        /** The guest on CPU 0, the server on CPU 1. */
        TWO_CPUS,
        /** Both on CPU 0. */
        ONE_CPU
    }

    private static final Waiting HALT_POLL = new Waiting(true, 50_000);
    private static final int K4 = 4096;
    private static final int K64 = 64 << 10;
    private static final int M1 = 1 << 20;

    /** All cases, in the order of the table. */
    static final List<BenchCase> ALL = List.of(
            new BenchCase("null-qd1-halt-poll", Storage.NULL, "randwrite", K4, 1, 1, HALT_POLL,
                    Placement.TWO_CPUS, 1.2, 0.9, 0, false),
            new BenchCase("null-qd1-one-cpu", Storage.NULL, "randwrite", K4, 1, 1, Waiting.IRQ,
                    Placement.ONE_CPU, 1.3, 0.8, 0, false),
            new BenchCase("null-qd1-two-cpus", Storage.NULL, "randwrite", K4, 1, 1, Waiting.IRQ,
                    Placement.TWO_CPUS, 0.7, 0, 0, false),
            new BenchCase("null-qd4", Storage.NULL, "randwrite", K4, 4, 1, Waiting.IRQ,
                    Placement.TWO_CPUS, 1.2, 0.8, 0, true),
            new BenchCase("null-qd32", Storage.NULL, "randwrite", K4, 32, 1, Waiting.IRQ,
                    Placement.FREE, 1.5, 0.6, 0, true),
            new BenchCase("null-qd128", Storage.NULL, "randwrite", K4, 128, 1, Waiting.IRQ,
                    Placement.FREE, 2, 0.5, 0, true),
            new BenchCase("null-qd32-2-queues", Storage.NULL, "randwrite", K4, 32, 2,
                    Waiting.IRQ, Placement.FREE, 1.5, 0.6, 0, false),
            new BenchCase("raw-qd1", Storage.RAW, "randread", K4, 1, 1, HALT_POLL,
                    Placement.TWO_CPUS, 0, 0, 1.0, false),
            new BenchCase("raw-qd32", Storage.RAW, "randread", K4, 32, 1, Waiting.IRQ,
                    Placement.FREE, 1.1, 0.85, 0, true),
            new BenchCase("raw-direct-qd1", Storage.RAW_DIRECT, "randread", K4, 1, 1, HALT_POLL,
                    Placement.TWO_CPUS, 0, 1.0, 1.05, false),
            new BenchCase("raw-direct-qd32", Storage.RAW_DIRECT, "randread", K4, 32, 1,
                    Waiting.IRQ, Placement.FREE, 1.0, 0.9, 0, true),
            new BenchCase("qcow2-qd1", Storage.QCOW2, "randread", K4, 1, 1, HALT_POLL,
                    Placement.TWO_CPUS, 1.0, 1.0, 0, false),
            new BenchCase("qcow2-qd32", Storage.QCOW2, "randread", K4, 32, 1, Waiting.IRQ,
                    Placement.FREE, 1.0, 1.0, 0, true),
            new BenchCase("qcow2-write-qd32", Storage.QCOW2, "randwrite", K4, 32, 1, Waiting.IRQ,
                    Placement.FREE, 1.0, 1.0, 0, false),
            new BenchCase("qcow2-unallocated-qd32", Storage.QCOW2_EMPTY, "randread", K4, 32, 1,
                    Waiting.IRQ, Placement.FREE, 1.0, 1.0, 0, true),
            new BenchCase("qcow2-allocating-qd32", Storage.QCOW2_FRESH, "randwrite", K4, 32, 1,
                    Waiting.IRQ, Placement.FREE, 1.0, 0, 0, true),
            sequential("raw-read-64k", Storage.RAW, "read", K64, 8, true),
            sequential("raw-write-64k", Storage.RAW, "write", K64, 8, false),
            sequential("raw-read-1m", Storage.RAW, "read", M1, 4, false),
            sequential("raw-write-1m", Storage.RAW, "write", M1, 4, false),
            sequential("raw-direct-read-1m", Storage.RAW_DIRECT, "read", M1, 4, false),
            sequential("qcow2-read-64k", Storage.QCOW2, "read", K64, 8, false),
            sequential("qcow2-write-64k", Storage.QCOW2, "write", K64, 8, false),
            sequential("qcow2-read-1m", Storage.QCOW2, "read", M1, 4, true),
            sequential("qcow2-write-1m", Storage.QCOW2, "write", M1, 4, false));

    private static BenchCase sequential(String name, Storage storage, String op, int blockBytes,
            int depth, boolean quick) {
        return new BenchCase(name, storage, op, blockBytes, depth, 1, Waiting.IRQ,
                Placement.FREE, 0.95, 0, 0, quick);
    }

    /** The load, of so many seconds after a warm-up of so many. */
    BenchLoad load(double seconds, double warmupSeconds, long pid, long seed) {
        return new BenchLoad(op, blockBytes, depth, queues, seconds, warmupSeconds, waiting, 50,
                1, 0, pid, placement == Placement.FREE ? -1 : 0, seed);
    }

    /** CPU the server is pinned to; -1: none. */
    int serverCpu() {
        return switch (placement) {
            case FREE -> -1;
            case TWO_CPUS -> 1;
            case ONE_CPU -> 0;
        };
    }
}
