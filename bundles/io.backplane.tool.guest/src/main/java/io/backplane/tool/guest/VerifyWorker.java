package io.backplane.tool.guest;

import io.backplane.tool.guest.frontend.BlkQueue;
import io.backplane.tool.guest.frontend.Features;
import io.backplane.tool.guest.frontend.GuestDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Verifying load of one queue, on a part of the disk that no other queue touches: writes, reads,
 * discards, zeroes, flushes and get-id of random size and shape, never two at a time on the same
 * unit; then a pass that reads everything.
 */
final class VerifyWorker extends QueueWorker {
    /** Share of each request, in percent; the rest reads. */
    private static final int WRITE_PERCENT = 45;
    private static final int DISCARD_PERCENT = 5;
    private static final int ZEROES_PERCENT = 8;
    private static final int FLUSH_PERCENT = 3;
    private static final int ID_PERCENT = 1;
    private static final int REPORTS_MAX = 10;
    private static final int TRIES = 8;

    // Immutable
    private final ExpectedContents contents;
    private final VerifyLoad load;
    private final int firstUnit;
    private final int unitCount;
    private final int unitsMax;
    private final int sectorsPerUnit;
    private final int segmentsMax;
    private final SplittableRandom random;
    private final boolean[] busy;
    private final int[] slotType;
    private final int[] slotFirst;
    private final int[] slotCount;
    private final int[] slotWrite;
    private final List<String> reports = new ArrayList<>();

    // The worker's thread; others after it ended
    private int next;
    private long requests;
    private long verifiedUnits;
    private long mismatches;
    private long errors;

    // Any thread
    private volatile boolean readingBack;

    VerifyWorker(GuestDevice device, BlkQueue queue, VerifyLoad load, ExpectedContents contents,
            int firstUnit, int unitCount, int segmentsMax, long seed) {
        super(device, queue, load.waiting(), segmentsMax + 3, -1);
        this.contents = contents;
        this.load = load;
        this.firstUnit = firstUnit;
        this.unitCount = unitCount;
        this.unitsMax = Math.max(1, queue.dataBytes() / contents.unitBytes());
        this.sectorsPerUnit = contents.unitBytes() / BlkQueue.SECTOR_BYTES;
        this.segmentsMax = segmentsMax;
        this.random = new SplittableRandom(seed);
        this.busy = new boolean[unitCount];
        this.slotType = new int[queue.depth()];
        this.slotFirst = new int[queue.depth()];
        this.slotCount = new int[queue.depth()];
        this.slotWrite = new int[queue.depth()];
    }

    /** From the next start on this worker only reads back what is known. */
    void readBack() {
        readingBack = true;
    }

    @Override
    protected boolean submit(int slot) {
        return readingBack ? submitReadBack(slot) : submitRandom(slot);
    }

    private boolean submitReadBack(int slot) {
        while (next < unitCount && contents.write(firstUnit + next) == ExpectedContents.UNKNOWN) {
            next++;
        }
        if (next == unitCount) {
            stop();
            return false;
        }
        int count = Math.min(unitsMax, unitCount - next);
        slotType[slot] = BlkQueue.READ;
        slotFirst[slot] = next;
        slotCount[slot] = count;
        next += count;
        queue.shape(1 + random.nextInt(segmentsMax), load.odd(), random.nextLong());
        transfer(slot, BlkQueue.READ);
        return true;
    }

    private boolean submitRandom(int slot) {
        int type = chooseType();
        slotType[slot] = type;
        if (type == BlkQueue.FLUSH || type == BlkQueue.GET_ID) {
            slotCount[slot] = 0;
            queue.submit(slot, type, 0, type == BlkQueue.GET_ID ? BlkQueue.ID_BYTES : 0);
            return true;
        }
        for (int i = 0; i < TRIES; i++) {
            int limit = Math.min(unitsMax, unitCount);
            int count = 1 + random.nextInt(1 + random.nextInt(limit));
            int first = random.nextInt(unitCount - count + 1);
            if (isFree(first, count)) {
                submit(slot, type, first, count);
                return true;
            }
        }
        return false;
    }

    private int chooseType() {
        int at = random.nextInt(100);
        if (!load.readOnly()) {
            if ((at -= WRITE_PERCENT) < 0) {
                return BlkQueue.WRITE;
            }
            if ((at -= DISCARD_PERCENT) < 0) {
                return has(Features.BLK_DISCARD) ? BlkQueue.DISCARD : BlkQueue.WRITE;
            }
            if ((at -= ZEROES_PERCENT) < 0) {
                return has(Features.BLK_WRITE_ZEROES) ? BlkQueue.WRITE_ZEROES : BlkQueue.WRITE;
            }
            if ((at -= FLUSH_PERCENT) < 0) {
                return has(Features.BLK_FLUSH) ? BlkQueue.FLUSH : BlkQueue.READ;
            }
        }
        return at - ID_PERCENT < 0 ? BlkQueue.GET_ID : BlkQueue.READ;
    }

    private boolean has(long feature) {
        return (device.features() & feature) != 0;
    }

    private boolean isFree(int first, int count) {
        for (int i = first; i < first + count; i++) {
            if (busy[i]) {
                return false;
            }
        }
        return true;
    }

    private void submit(int slot, int type, int first, int count) {
        java.util.Arrays.fill(busy, first, first + count, true);
        slotFirst[slot] = first;
        slotCount[slot] = count;
        int unit = firstUnit + first;
        if (type == BlkQueue.READ || type == BlkQueue.WRITE) {
            queue.shape(1 + random.nextInt(segmentsMax), load.odd(), random.nextLong());
            if (type == BlkQueue.WRITE) {
                int number = contents.newWrite();
                slotWrite[slot] = number;
                contents.set(unit, count, ExpectedContents.UNKNOWN);
                contents.fill(device.memory().segment(), queue.dataOffset(slot), unit, count,
                        number);
            }
            transfer(slot, type);
        } else {
            contents.set(unit, count, ExpectedContents.UNKNOWN);
            queue.submitRange(slot, type, (long) unit * sectorsPerUnit, count * sectorsPerUnit,
                    type == BlkQueue.WRITE_ZEROES && device.config().zeroesMayUnmap() != 0
                            && random.nextBoolean());
        }
    }

    private void transfer(int slot, int type) {
        queue.submit(slot, type, (long) (firstUnit + slotFirst[slot]) * sectorsPerUnit,
                slotCount[slot] * contents.unitBytes());
    }

    @Override
    protected void completed(int slot, int status) {
        requests++;
        int unit = firstUnit + slotFirst[slot];
        int count = slotCount[slot];
        if (count > 0 && !readingBack) {
            java.util.Arrays.fill(busy, slotFirst[slot], slotFirst[slot] + count, false);
        }
        int type = slotType[slot];
        if (status != BlkQueue.OK) {
            if (type != BlkQueue.GET_ID || status != BlkQueue.UNSUPPORTED) {
                errors++;
                report("status " + status + " for request type " + type + " at byte "
                        + (long) unit * contents.unitBytes() + ", " + count + " units");
            }
            return;
        }
        switch (type) {
            case BlkQueue.READ -> {
                verifiedUnits += count;
                String wrong = contents.check(device.memory().segment(), queue.dataOffset(slot),
                        unit, count);
                if (wrong != null) {
                    mismatches++;
                    report("mismatch " + wrong);
                }
            }
            case BlkQueue.WRITE -> contents.set(unit, count, slotWrite[slot]);
            case BlkQueue.WRITE_ZEROES -> contents.set(unit, count, ExpectedContents.ZERO);
            case BlkQueue.DISCARD -> contents.set(unit, count, load.discardZeroes()
                    ? ExpectedContents.ZERO : ExpectedContents.UNKNOWN);
            default -> { }
        }
    }

    private void report(String text) {
        if (reports.size() < REPORTS_MAX) {
            reports.add("queue " + queue.ring().index() + ": " + text);
        }
    }

    long requests() {
        return requests;
    }

    long verifiedUnits() {
        return verifiedUnits;
    }

    long mismatches() {
        return mismatches;
    }

    long errors() {
        return errors;
    }

    List<String> reports() {
        return reports;
    }
}
