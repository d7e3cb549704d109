package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.BlkConfig;
import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.DeviceOptions;
import io.backplane.tool.guest.frontend.Features;
import io.backplane.tool.guest.frontend.FrontEndException;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Random requests on all queues, then a pass that reads everything back.
 *
 * @param seconds length of the random part; 0: only read back
 * @param depth requests in flight per queue
 * @param requestBytesMax longest request
 * @param odd cut requests into segments at any byte, split headers
 * @param discardZeroes hold the device to discarded ranges reading as zeroes
 * @param reconnectsMax how often the back-end may go away and come back
 * @param polling poll the used ring instead of waiting for interrupts
 */
public record VerifyLoad(double seconds, int depth, int requestBytesMax, boolean odd,
        boolean discardZeroes, int reconnectsMax, boolean polling) {
    private static final int UNITS_MAX = 1 << 26;
    private static final long SLICE_NS = 50_000_000L;

    /**
     * What came out.
     *
     * @param reports the first things that were wrong, with their places
     */
    public record Result(long seed, long requests, long verifiedUnits, int unitBytes,
            long mismatches, long errors, int reconnects, List<String> reports) {
        /** Whether everything was as it should be. */
        public boolean isGood() {
            return mismatches == 0 && errors == 0;
        }
    }

    /** {@code seconds} of requests up to 256 KiB, 16 in flight. */
    public static VerifyLoad of(double seconds) {
        return new VerifyLoad(seconds, 16, 256 << 10, false, false, 0, false);
    }

    /** The same that bears a back-end that dies and comes back so often. */
    public VerifyLoad withReconnects(int count) {
        return new VerifyLoad(seconds, depth, requestBytesMax, odd, discardZeroes, count, polling);
    }

    /** The same with odd framing. */
    public VerifyLoad withOddFraming() {
        return new VerifyLoad(seconds, depth, requestBytesMax, true, discardZeroes, reconnectsMax,
                polling);
    }

    Waiting waiting() {
        return polling ? Waiting.POLL : Waiting.IRQ;
    }

    boolean readOnly() {
        return seconds <= 0;
    }

    /** Options of the device that fit this load. */
    public DeviceOptions device(DeviceOptions base) {
        long data = (long) base.queueCount() * depth * (requestBytesMax + 4096L + 64);
        return base.withMemory((data + (1 << 20)) * base.regionCount(), base.regionCount(),
                base.memorySlots());
    }

    /** A record of a device's contents that knows nothing yet. */
    public ExpectedContents unknown(GuestDevice device, long seed) throws IOException {
        BlkConfig config = device.config();
        if (config == null) {
            throw new FrontEndException("the back-end gives no configuration, so no capacity");
        }
        long block = (device.features() & Features.BLK_SIZE) != 0 ? config.blockBytes()
                : BlkQueue.SECTOR_BYTES;
        if (block < BlkQueue.SECTOR_BYTES || block > requestBytesMax || block % 512 != 0) {
            throw new FrontEndException("block size " + block + " is not one to verify with");
        }
        long units = config.capacitySectors() * BlkQueue.SECTOR_BYTES / block;
        return ExpectedContents.unknown(seed, (int) block, (int) Math.min(units, UNITS_MAX));
    }

    /** Runs on a device that was connected with {@link #device} and not started. */
    public Result run(GuestDevice device, ExpectedContents contents) throws IOException {
        return run(device, contents, () -> false);
    }

    /** The same, whose random part ends early as soon as {@code enough} says so. */
    public Result run(GuestDevice device, ExpectedContents contents, BooleanSupplier enough)
            throws IOException {
        if (!readOnly() && (device.features() & Features.BLK_RO) != 0) {
            throw new FrontEndException("the device is read-only");
        }
        device.start();
        List<VerifyWorker> workers = workers(device, contents);
        int reconnects = 0;
        if (seconds > 0) {
            LoadRun run = new LoadRun(device, workers, reconnectsMax);
            drive(run, (long) (seconds * 1e9), enough);
            reconnects = run.reconnects();
        }
        List<VerifyWorker> readers = readers(workers, device, contents);
        LoadRun back = new LoadRun(device, readers, reconnectsMax - reconnects);
        drive(back, Long.MAX_VALUE / 2, () -> false);
        device.stop();
        List<VerifyWorker> all = new ArrayList<>(workers);
        all.addAll(readers);
        return result(all, contents, reconnects + back.reconnects());
    }

    private static void drive(LoadRun run, long durationNs, BooleanSupplier enough)
            throws IOException {
        try {
            run.start();
            long end = System.nanoTime() + durationNs;
            while (!run.isOver() && end - System.nanoTime() > 0 && !enough.getAsBoolean()) {
                run.watchUntil(Math.min(end, System.nanoTime() + SLICE_NS));
            }
            run.finish();
        } catch (IOException | RuntimeException e) {
            run.abandon();
            throw e;
        }
    }

    private List<VerifyWorker> workers(GuestDevice device, ExpectedContents contents) {
        List<VerifyWorker> workers = new ArrayList<>();
        for (int i = 0; i < device.queueCount(); i++) {
            BlkQueue queue = new BlkQueue(device, i, depth, requestBytesMax);
            workers.add(worker(device, contents, queue, i));
        }
        return workers;
    }

    private List<VerifyWorker> readers(List<VerifyWorker> workers, GuestDevice device,
            ExpectedContents contents) {
        List<VerifyWorker> readers = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            VerifyWorker reader = worker(device, contents, workers.get(i).queue, i);
            reader.readBack();
            readers.add(reader);
        }
        return readers;
    }

    private VerifyWorker worker(GuestDevice device, ExpectedContents contents, BlkQueue queue,
            int index) {
        int share = contents.unitCount() / device.queueCount();
        long offered = (device.features() & Features.BLK_SEG_MAX) != 0
                ? device.config().segmentsMax() : 1;
        int segments = (int) Math.max(1, Math.min(offered, device.options().segmentsMax()));
        return new VerifyWorker(device, queue, this, contents, share * index, share, segments,
                contents.seed() * 31 + index);
    }

    private static Result result(List<VerifyWorker> workers, ExpectedContents contents,
            int reconnects) {
        long requests = 0;
        long verified = 0;
        long mismatches = 0;
        long errors = 0;
        List<String> reports = new ArrayList<>();
        for (VerifyWorker worker : workers) {
            requests += worker.requests();
            verified += worker.verifiedUnits();
            mismatches += worker.mismatches();
            errors += worker.errors();
            reports.addAll(worker.reports());
        }
        return new Result(contents.seed(), requests, verified, contents.unitBytes(), mismatches,
                errors, reconnects, List.copyOf(reports));
    }
}
