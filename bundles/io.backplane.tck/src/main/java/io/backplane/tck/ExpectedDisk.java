package io.backplane.tck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a disk may read as. Mostly one thing; but a sector whose write failed may hold the old bytes
 * or the new ones, discarded bytes may be anything, and a power cut may lose what was not flushed.
 * Whatever a read has shown stays so.
 */
public final class ExpectedDisk {
    private static final int SECTOR_BYTES = 512;

    /** One thing a sector may hold; null in {@code any}: every byte is known. */
    private record Candidate(byte[] bytes, boolean[] any) {
        static Candidate zeroes() {
            return new Candidate(new byte[SECTOR_BYTES], null);
        }

        static Candidate anything() {
            boolean[] any = new boolean[SECTOR_BYTES];
            Arrays.fill(any, true);
            return new Candidate(new byte[SECTOR_BYTES], any);
        }

        Candidate patched(int at, byte[] data, int from, int count, boolean unknown) {
            byte[] next = bytes.clone();
            boolean[] nextAny = any == null ? null : any.clone();
            if (unknown && nextAny == null) {
                nextAny = new boolean[SECTOR_BYTES];
            }
            if (!unknown) {
                System.arraycopy(data, from, next, at, count);
            }
            if (nextAny != null) {
                Arrays.fill(nextAny, at, at + count, unknown);
            }
            return new Candidate(next, nextAny);
        }

        boolean matches(int at, byte[] got, int from, int count) {
            for (int i = 0; i < count; i++) {
                if (bytes[at + i] != got[from + i] && (any == null || !any[at + i])) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<List<Candidate>> sectors = new ArrayList<>();
    private final List<Boolean> unstable = new ArrayList<>();
    private long length;

    /** A disk of zeroes. */
    public ExpectedDisk(long length) {
        resize(length);
    }

    /** Length in bytes. */
    public long length() {
        return length;
    }

    /** The length has changed; new bytes are zeroes. */
    public void resize(long bytes) {
        int count = Math.toIntExact((bytes + SECTOR_BYTES - 1) / SECTOR_BYTES);
        while (sectors.size() > count) {
            sectors.removeLast();
            unstable.removeLast();
        }
        while (sectors.size() < count) {
            sectors.add(List.of(Candidate.zeroes()));
            unstable.add(true);
        }
        int rest = (int) (bytes % SECTOR_BYTES);
        if (rest != 0 && bytes < length) {
            patch(count - 1, rest, new byte[SECTOR_BYTES], 0, SECTOR_BYTES - rest, true, false);
        }
        length = bytes;
    }

    /** These bytes were written. */
    public void write(long offset, byte[] data, boolean stable) {
        change(offset, data, true, false);
        for (long at = (offset + SECTOR_BYTES - 1) / SECTOR_BYTES; stable
                && (at + 1) * SECTOR_BYTES <= offset + data.length; at++) {
            unstable.set((int) at, false);
        }
    }

    /** These bytes may have been written, sector by sector. */
    public void mayWrite(long offset, byte[] data) {
        change(offset, data, false, false);
    }

    /** The range may hold anything. */
    public void forget(long offset, long bytes) {
        change(offset, new byte[Math.toIntExact(bytes)], true, true);
    }

    private void change(long offset, byte[] data, boolean sure, boolean unknown) {
        for (int done = 0; done < data.length;) {
            int at = (int) ((offset + done) % SECTOR_BYTES);
            int count = Math.min(SECTOR_BYTES - at, data.length - done);
            patch((int) ((offset + done) / SECTOR_BYTES), at, data, done, count, sure, unknown);
            done += count;
        }
    }

    private void patch(int sector, int at, byte[] data, int from, int count, boolean sure,
            boolean unknown) {
        List<Candidate> next = new ArrayList<>(sure ? List.of() : sectors.get(sector));
        for (Candidate old : sectors.get(sector)) {
            next.add(old.patched(at, data, from, count, unknown));
        }
        sectors.set(sector, next);
        unstable.set(sector, true);
    }

    /** A flush has ended: a power cut loses nothing of what was written. */
    public void flushed() {
        for (int i = 0; i < unstable.size(); i++) {
            unstable.set(i, false);
        }
    }

    /** The power was cut. */
    public void powerCut() {
        for (int i = 0; i < unstable.size(); i++) {
            if (unstable.get(i)) {
                sectors.set(i, List.of(Candidate.anything()));
            }
        }
    }

    /** The same knowledge, independent of this. */
    public ExpectedDisk copy() {
        ExpectedDisk copy = new ExpectedDisk(length);
        for (int i = 0; i < sectors.size(); i++) {
            copy.sectors.set(i, List.copyOf(sectors.get(i)));
            copy.unstable.set(i, unstable.get(i));
        }
        return copy;
    }

    /** Fails unless {@code got} is what a read at {@code offset} may give. */
    public void check(long offset, byte[] got, String what) {
        for (int done = 0; done < got.length;) {
            int at = (int) ((offset + done) % SECTOR_BYTES);
            int count = Math.min(SECTOR_BYTES - at, got.length - done);
            int sector = (int) ((offset + done) / SECTOR_BYTES);
            int from = done;
            List<Candidate> left = sectors.get(sector).stream()
                    .filter(c -> c.matches(at, got, from, count)).toList();
            if (left.isEmpty()) {
                throw new AssertionError(what + ": " + difference(sector, at, got, from, count));
            }
            sectors.set(sector, left);
            done += count;
        }
    }

    private String difference(int sector, int at, byte[] got, int from, int count) {
        Candidate first = sectors.get(sector).getFirst();
        for (int i = 0; i < count; i++) {
            if (first.bytes[at + i] != got[from + i]
                    && (first.any == null || !first.any[at + i])) {
                return "byte " + ((long) sector * SECTOR_BYTES + at + i) + " is "
                        + (got[from + i] & 0xff) + ", should be " + (first.bytes[at + i] & 0xff)
                        + (sectors.get(sector).size() == 1 ? "" : " or one of "
                        + (sectors.get(sector).size() - 1) + " other values");
            }
        }
        return "sector " + sector;
    }
}
