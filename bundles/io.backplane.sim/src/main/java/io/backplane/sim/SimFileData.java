package io.backplane.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a file, three times: <em>pristine</em>, as a perfect disk would hold them;
 * <em>now</em>, as reads see them (misdirected writes make the difference); and <em>stable</em>,
 * what a power cut cannot take, with a list of the changes since.
 *
 * <p>A flush makes stable what was done when it was asked for, not what came while it was on its
 * way; a write with FUA makes itself stable, and the file's length if it needs it. Of the other
 * changes a power cut leaves some: changes of length in their order up to some point, as a journal
 * does, and each 512-byte sector of each write or not, in any order.
 */
public final class SimFileData {
    /** What a crash keeps or loses as a whole. */
    public static final int SECTOR_BYTES = 512;

    /** A change that is not stable: of the bytes, or (no data) of the length, to offset. */
    private record Change(long number, long offset, byte[] data) {
        boolean isResize() {
            return data == null;
        }

        long end() {
            return offset + data.length;
        }

        Change part(long from, long to) {
            return new Change(number, from,
                    Arrays.copyOfRange(data, (int) (from - offset), (int) (to - offset)));
        }
    }

    private record Bad(long offset, long end) {
    }

    private final List<Bad> bad = new ArrayList<>();
    private final List<SimLock> locks = new ArrayList<>();
    private List<Change> changes = new ArrayList<>();
    private long changeCount;
    private int inFlight;
    private byte[] pristine = new byte[0];
    private byte[] now = new byte[0];
    private byte[] stable = new byte[0];

    /** Length in bytes. */
    public long length() {
        return now.length;
    }

    /** Requests that have begun and not completed. */
    public int inFlight() {
        return inFlight;
    }

    void begin() {
        inFlight++;
    }

    void end() {
        inFlight--;
    }

    /** What a perfect disk would hold. */
    public byte[] pristine() {
        return pristine.clone();
    }

    /** What the disk holds. */
    public byte[] contents() {
        return now.clone();
    }

    /** From now on reads of this range fail with EIO, until it is written. */
    public void failReads(long offset, long bytes) {
        bad.add(new Bad(offset, offset + bytes));
    }

    boolean isBad(long offset, long bytes) {
        for (Bad range : bad) {
            if (range.offset < offset + bytes && offset < range.end) {
                return true;
            }
        }
        return false;
    }

    List<SimLock> locks() {
        return locks;
    }

    void truncate(long bytes) {
        int length = Math.toIntExact(bytes);
        if (length != now.length) {
            pristine = Arrays.copyOf(pristine, length);
            now = Arrays.copyOf(now, length);
            changes.add(new Change(changeCount++, bytes, null));
        }
    }

    int read(long offset, byte[] to) {
        int count = (int) Math.max(0, Math.min(to.length, now.length - offset));
        if (count > 0) {
            System.arraycopy(now, (int) offset, to, 0, count);
        }
        return count;
    }

    /** Writes to the perfect disk at {@code offset} and to the real one at {@code place}. */
    void write(long offset, long place, byte[] data, boolean fua) {
        truncate(Math.max(now.length, Math.max(offset, place) + data.length));
        System.arraycopy(data, 0, pristine, (int) offset, data.length);
        System.arraycopy(data, 0, now, (int) place, data.length);
        bad.removeIf(range -> place <= range.offset && range.end <= place + data.length);
        Change change = new Change(changeCount++, place, data);
        if (fua) {
            settle(change);
        } else {
            changes.add(change);
        }
    }

    /** A write that is stable at once, over older ones that are not. */
    private void settle(Change write) {
        long shortest = stable.length;
        for (Change change : changes) {
            shortest = change.isResize() ? Math.min(shortest, change.offset) : shortest;
        }
        List<Change> left = new ArrayList<>();
        for (Change change : changes) {
            if (!change.isResize() || write.end() <= shortest) {
                left.add(change);
            } else {
                stable = Arrays.copyOf(stable, (int) change.offset);
                left = cut(left, change.offset, Long.MAX_VALUE);
            }
        }
        changes = cut(left, write.offset, write.end());
        System.arraycopy(write.data, 0, stable, (int) write.offset, write.data.length);
    }

    /** What is left of changes when writes lose the range. */
    private static List<Change> cut(List<Change> all, long from, long to) {
        List<Change> left = new ArrayList<>();
        for (Change write : all) {
            if (write.isResize()) {
                left.add(write);
                continue;
            }
            if (write.offset < Math.min(from, write.end())) {
                left.add(write.part(write.offset, Math.min(from, write.end())));
            }
            if (write.end() > Math.max(to, write.offset)) {
                left.add(write.part(Math.max(to, write.offset), write.end()));
            }
        }
        return left;
    }

    /** Number of the next change: a flush asked for now covers those before it. */
    long nextChange() {
        return changeCount;
    }

    /** Makes the changes before {@code next} stable. */
    void flush(long next) {
        List<Change> later = new ArrayList<>();
        for (Change change : changes) {
            if (change.number >= next) {
                later.add(change);
            } else if (change.isResize()) {
                stable = Arrays.copyOf(stable, (int) change.offset);
            } else {
                System.arraycopy(change.data, 0, stable, (int) change.offset,
                        change.data.length);
            }
        }
        changes = later;
    }

    /** Takes these bytes as what it held from the start, stable. */
    public void set(byte[] bytes) {
        pristine = bytes.clone();
        now = bytes.clone();
        stable = bytes.clone();
        changes.clear();
    }

    void crash(SimWorld world) {
        set(afterPowerLoss(world));
    }

    /** What would be left if the power failed now. The file itself goes on. */
    public byte[] afterPowerLoss(SimWorld world) {
        List<Change> resizes = new ArrayList<>();
        List<Change> writes = new ArrayList<>();
        changes.forEach(change -> (change.isResize() ? resizes : writes).add(change));
        List<Change> journal = resizes.subList(0, world.pick(resizes.size() + 1));
        byte[] left = stable.clone();
        for (Change resize : journal) {
            left = Arrays.copyOf(left, (int) resize.offset);
        }
        for (int i = writes.size() - 1; i >= 0; i--) { // the disk wrote them in any order
            Change write = writes.set(world.pick(i + 1), writes.get(i));
            keep(world, write, end(write, journal, left.length), left);
        }
        return left;
    }

    /** Where a write ends, beyond which the file has been cut off since. */
    private static long end(Change write, List<Change> journal, long length) {
        long end = Math.min(write.end(), length);
        for (Change resize : journal) {
            if (resize.number > write.number) {
                end = Math.min(end, resize.offset);
            }
        }
        return end;
    }

    private static void keep(SimWorld world, Change write, long end, byte[] left) {
        for (long at = write.offset; at < end;) {
            long next = Math.min(end, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
            if (world.chance(50)) {
                System.arraycopy(write.data, (int) (at - write.offset), left, (int) at,
                        (int) (next - at));
            }
            at = next;
        }
    }
}
