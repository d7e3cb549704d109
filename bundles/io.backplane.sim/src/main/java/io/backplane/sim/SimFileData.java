package io.backplane.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a file, three times: <em>pristine</em>, as a perfect disk would hold them;
 * <em>now</em>, as reads see them (misdirected writes make the difference); and <em>stable</em>, as
 * they were at the last flush, with a list of what was written since.
 */
public final class SimFileData {
    /** What a crash keeps or loses as a whole. */
    public static final int SECTOR_BYTES = 512;

    private record Write(long offset, byte[] data) {
    }

    private record Bad(long offset, long end) {
    }

    private final List<Write> unflushed = new ArrayList<>();
    private final List<Bad> bad = new ArrayList<>();
    private final List<SimLock> locks = new ArrayList<>();
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
        pristine = Arrays.copyOf(pristine, length);
        now = Arrays.copyOf(now, length);
        stable = Arrays.copyOf(stable, length);
        unflushed.removeIf(w -> w.offset + w.data.length > length);
    }

    int read(long offset, byte[] to) {
        int count = (int) Math.max(0, Math.min(to.length, now.length - offset));
        if (count > 0) {
            System.arraycopy(now, (int) offset, to, 0, count);
        }
        return count;
    }

    /** Writes to the perfect disk at {@code offset} and to the real one at {@code place}. */
    void write(long offset, long place, byte[] data) {
        long end = Math.max(offset, place) + data.length;
        if (end > now.length) {
            pristine = Arrays.copyOf(pristine, Math.toIntExact(end));
            now = Arrays.copyOf(now, Math.toIntExact(end));
        }
        System.arraycopy(data, 0, pristine, (int) offset, data.length);
        System.arraycopy(data, 0, now, (int) place, data.length);
        unflushed.add(new Write(place, data));
        bad.removeIf(range -> place <= range.offset && range.end <= place + data.length);
    }

    void flush() {
        if (stable.length != now.length) {
            stable = Arrays.copyOf(stable, now.length);
        }
        for (Write write : unflushed) {
            System.arraycopy(write.data, 0, stable, (int) write.offset, write.data.length);
        }
        unflushed.clear();
    }

    /** Takes these bytes as what it held from the start, stable. */
    public void set(byte[] bytes) {
        pristine = bytes.clone();
        now = bytes.clone();
        stable = bytes.clone();
        unflushed.clear();
    }

    void crash(SimWorld world) {
        set(afterPowerLoss(world));
    }

    /**
     * What would be left if the power failed now: of what was written since the last flush each
     * sector is there or not. The file itself goes on.
     */
    public byte[] afterPowerLoss(SimWorld world) {
        byte[] left = Arrays.copyOf(stable, now.length);
        int count = unflushed.size();
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        for (int i = count - 1; i > 0; i--) { // the disk wrote them in any order
            int j = world.pick(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        for (int index : order) {
            keep(world, unflushed.get(index), left);
        }
        return left;
    }

    private static void keep(SimWorld world, Write write, byte[] left) {
        long end = write.offset + write.data.length;
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
