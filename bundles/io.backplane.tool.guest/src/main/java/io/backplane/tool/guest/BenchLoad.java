package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.FrontEndException;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * A load to measure a back-end with.
 *
 * @param op {@code randread randwrite read write mix flush discard zeroes}
 * @param blockBytes bytes of a request
 * @param depth requests in flight per queue
 * @param queues queues, a thread each
 * @param seconds length of the measurement
 * @param warmupSeconds time before it
 * @param waiting how completions are waited for
 * @param readPercent share of reads of {@code mix}
 * @param segments data segments of a request
 * @param rangeBytes part of the disk to touch; 0: all
 * @param pid process of the server; 0: unknown
 * @param cpu first CPU for the threads; -1: any
 * @param seed of the places
 */
public record BenchLoad(String op, int blockBytes, int depth, int queues, double seconds,
        double warmupSeconds, Waiting waiting, int readPercent, int segments, long rangeBytes,
        long pid, int cpu, long seed) {

    /** All values of {@code op}. */
    public static final List<String> OPS = List.of("randread", "randwrite", "read", "write", "mix",
            "flush", "discard", "zeroes");

    private static final int QUEUE_SIZE = 256;

    /** Options of the device that fit this load. */
    public DeviceOptions device(DeviceOptions base) {
        int size = Math.max(QUEUE_SIZE, Integer.highestOneBit(Math.max(1, depth - 1)) * 2);
        return base.withQueues(queues, size).withMemory(
                (long) queues * depth * (((blockBytes + 4095L) & -4096L) + 64) + (1 << 20),
                base.regionCount(), base.memorySlots());
    }

    private BenchWorker.Pattern pattern() {
        return switch (op) {
            case "randread" -> new BenchWorker.Pattern(100, true, 0, false, false);
            case "randwrite" -> new BenchWorker.Pattern(0, true, 0, false, false);
            case "read" -> new BenchWorker.Pattern(100, false, 0, false, false);
            case "write" -> new BenchWorker.Pattern(0, false, 0, false, false);
            case "mix" -> new BenchWorker.Pattern(readPercent, true, 0, false, false);
            case "flush" -> new BenchWorker.Pattern(0, true, 1, false, false);
            case "discard" -> new BenchWorker.Pattern(0, true, 0, true, false);
            case "zeroes" -> new BenchWorker.Pattern(0, true, 0, false, true);
            default -> throw new IllegalArgumentException("unknown op '" + op + "'");
        };
    }

    /** Measures on a device that was connected with {@link #device}. */
    public BenchResult run(GuestDevice device) throws IOException {
        if (device.config() == null) {
            throw new FrontEndException("the back-end gives no configuration, so no capacity");
        }
        long disk = device.config().capacitySectors() * BlkQueue.SECTOR_BYTES;
        long blocks = (rangeBytes > 0 ? Math.min(rangeBytes, disk) : disk) / blockBytes;
        BenchWorker.Pattern pattern = pattern();
        if (blocks < queues) {
            throw new FrontEndException("the range of " + blocks * blockBytes
                    + " bytes is too small for " + queues + " queues");
        }
        device.start();
        List<BenchWorker> workers = new ArrayList<>();
        for (int i = 0; i < queues; i++) {
            BlkQueue queue = new BlkQueue(device, i, depth, blockBytes);
            queue.shape(segments, false, seed + i);
            long share = pattern.random() ? blocks : blocks / queues;
            workers.add(new BenchWorker(device, queue, waiting, segments + 3,
                    cpu < 0 ? -1 : cpu + i, pattern, blockBytes,
                    pattern.random() ? 0 : share * i, share, seed + i));
        }
        LoadRun run = new LoadRun(device, workers, 0);
        try {
            BenchResult result = measure(run, workers);
            device.stop();
            return result;
        } catch (IOException | RuntimeException e) {
            run.abandon();
            throw e;
        }
    }

    private BenchResult measure(LoadRun run, List<BenchWorker> workers) throws IOException {
        run.start();
        run.watchUntil(System.nanoTime() + (long) (warmupSeconds * 1e9));
        long cpu0 = pid > 0 ? ServerCpu.cpuNs(pid) : -1;
        long start = System.nanoTime();
        workers.forEach(w -> w.enter(BenchWorker.Phase.MEASURE));
        run.watchUntil(start + (long) (seconds * 1e9));
        workers.forEach(w -> w.enter(BenchWorker.Phase.AFTER));
        double elapsed = (System.nanoTime() - start) / 1e9;
        long cpu1 = pid > 0 ? ServerCpu.cpuNs(pid) : -1;
        long resident = pid > 0 ? ServerCpu.residentBytes(pid) : -1;
        run.finish();
        return result(workers, elapsed, cpu0 < 0 || cpu1 < 0 ? -1 : cpu1 - cpu0, resident);
    }

    private BenchResult result(List<BenchWorker> workers, double elapsed, long cpuNs,
            long resident) {
        Histogram latency = workers.getFirst().latency();
        long ios = 0;
        long errors = 0;
        long kicks = 0;
        long waits = 0;
        for (BenchWorker worker : workers) {
            ios += worker.ios();
            errors += worker.errors();
            kicks += worker.kicks();
            waits += worker.waits();
            if (worker.latency() != latency) {
                latency.add(worker.latency());
            }
        }
        double per = Math.max(1, ios);
        return new BenchResult(op, blockBytes, depth, queues, waiting.text(), elapsed, ios,
                ios / elapsed, ios / elapsed * blockBytes / 1e6, latency.getMean() / 1e3,
                latency.getValueAtPercentile(50) / 1e3, latency.getValueAtPercentile(99) / 1e3,
                latency.getValueAtPercentile(99.9) / 1e3, latency.getMaxValue() / 1e3,
                kicks / per, waits / per, cpuNs < 0 ? -1 : cpuNs / 1e3 / per, resident, errors);
    }
}
