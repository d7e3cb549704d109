package io.backplane.driver.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random requests in rounds: those of a round run at once and never overlap by sector, but share
 * clusters. Each written sector holds a stamp that never comes twice, and its history says which
 * stamps a power cut may leave.
 */
final class Workload {
    private static final int SECTOR = 512;

    /** One state of a sector. */
    private record Version(long stamp, long issued, long done) {
    }

    private record Flush(long started, long ended) {
    }

    final int sectors;
    private final Random random;
    private final OnImage on;
    private final List<List<Version>> history = new ArrayList<>();
    private final List<Flush> flushes = new ArrayList<>();
    private final int unit;
    private final int cluster;
    private long nextStamp = 1;

    /**
     * @param below stamp that a sector has at the start
     * @param unit bytes that write-zeroes is aligned to
     * @param cluster bytes that discard is aligned to
     */
    Workload(OnImage on, Random random, int sectors, java.util.function.IntToLongFunction below,
            int unit, int cluster) {
        this.on = on;
        this.random = random;
        this.sectors = sectors;
        this.unit = unit;
        this.cluster = cluster;
        for (int i = 0; i < sectors; i++) {
            history.add(new ArrayList<>(List.of(new Version(below.applyAsLong(i), -1, -1))));
        }
    }

    /** One round; must not run in a coroutine. */
    void round(Qcow2Node node, int requests) throws Exception {
        List<OnImage.Step> steps = new ArrayList<>();
        boolean[] taken = new boolean[sectors];
        for (int i = 0; i < requests; i++) {
            int kind = random.nextInt(16);
            if (kind == 0) {
                steps.add(() -> flush(node));
                continue;
            }
            int align = (kind == 1 ? unit : kind == 2 ? cluster : SECTOR) / SECTOR;
            int count = align * (1 + random.nextInt(random.nextInt(8) == 0
                    ? Math.max(1, sectors / 4 / align) : Math.max(1, 24 / align)));
            int first = random.nextInt(sectors) / align * align;
            if (first + count > sectors || overlaps(taken, first, count)) {
                continue;
            }
            java.util.Arrays.fill(taken, first, first + count, true);
            steps.add(switch (kind) {
                case 1 -> () -> zero(node, first, count);
                case 2 -> () -> discard(node, first, count);
                case 3, 4, 5 -> () -> verify(node, first, count);
                default -> () -> write(node, first, count);
            });
        }
        on.runAll(steps);
    }

    private static boolean overlaps(boolean[] taken, int first, int count) {
        for (int i = first; i < first + count; i++) {
            if (taken[i]) {
                return true;
            }
        }
        return false;
    }

    private void write(Qcow2Node node, int first, int count) throws BlockException {
        byte[] data = new byte[count * SECTOR];
        MemorySegment segment = MemorySegment.ofArray(data);
        long base = nextStamp;
        nextStamp += count;
        for (int i = 0; i < count; i++) {
            for (int at = 0; at < SECTOR; at += 8) {
                segment.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * SECTOR + at, base + i);
            }
        }
        int[] at = issue(first, count, i -> base + i);
        OnImage.write(node, (long) first * SECTOR, data);
        done(first, at);
    }

    private int[] issue(int first, int count, java.util.function.IntToLongFunction stamp) {
        int[] at = new int[count];
        for (int i = 0; i < count; i++) {
            List<Version> versions = history.get(first + i);
            at[i] = versions.size();
            versions.add(new Version(stamp.applyAsLong(i), on.loops.hostEvents(), Long.MAX_VALUE));
        }
        return at;
    }

    private void done(int first, int[] at) {
        for (int i = 0; i < at.length; i++) {
            Version v = history.get(first + i).get(at[i]);
            history.get(first + i).set(at[i],
                    new Version(v.stamp, v.issued, on.loops.hostEvents()));
        }
    }

    private void zero(Qcow2Node node, int first, int count) throws BlockException {
        int[] at = issue(first, count, i -> 0);
        try {
            node.pwriteZeroes((long) first * SECTOR, (long) count * SECTOR,
                    random.nextBoolean() ? RequestFlags.MAY_UNMAP : 0);
        } catch (BlockException e) {
            if (e != BlockException.NOT_SUPPORTED) {
                throw e;
            }
            OnImage.write(node, (long) first * SECTOR, new byte[count * SECTOR]);
        }
        done(first, at);
    }

    private void discard(Qcow2Node node, int first, int count) throws BlockException {
        int[] at = issue(first, count, i -> 0);
        try {
            node.pdiscard((long) first * SECTOR, (long) count * SECTOR);
            done(first, at);
        } catch (BlockException e) {
            if (e != BlockException.NOT_SUPPORTED) {
                throw e;
            }
            for (int i = 0; i < count; i++) {
                history.get(first + i).remove(at[i]);
            }
        }
    }

    void flush(Qcow2Node node) throws BlockException {
        long started = on.loops.hostEvents();
        node.flush();
        flushes.add(new Flush(started, on.loops.hostEvents()));
    }

    /** Reads a range and compares with what was written last. */
    void verify(Qcow2Node node, int first, int count) throws BlockException {
        byte[] data = OnImage.read(node, (long) first * SECTOR, count * SECTOR);
        for (int i = 0; i < count; i++) {
            List<Version> versions = history.get(first + i);
            assertEquals(versions.get(versions.size() - 1).stamp, stamp(data, i),
                    "sector " + (first + i));
        }
    }

    private static long stamp(byte[] data, int sector) {
        MemorySegment segment = MemorySegment.ofArray(data);
        long first = segment.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) sector * SECTOR);
        for (int at = 8; at < SECTOR; at += 8) {
            long other = segment.get(ValueLayout.JAVA_LONG_UNALIGNED,
                    (long) sector * SECTOR + at);
            if (other != first) {
                return fail("sector torn: " + first + " and " + other);
            }
        }
        return first;
    }

    /** Whether what a cut at {@code time} left is allowed, sector by sector. */
    void verifyAfterCut(Qcow2Node node, long time) throws BlockException {
        long stable = -1;
        for (Flush f : flushes) {
            if (f.ended <= time) {
                stable = Math.max(stable, f.started);
            }
        }
        verifyAfterEnd(node, time, stable);
    }

    /** Whether every request that had completed at {@code time} is there. */
    void verifyAfterKill(Qcow2Node node, long time) throws BlockException {
        verifyAfterEnd(node, time, time);
    }

    private void verifyAfterEnd(Qcow2Node node, long time, long stable) throws BlockException {
        byte[] data = OnImage.read(node, 0, sectors * SECTOR);
        for (int i = 0; i < sectors; i++) {
            List<Version> versions = history.get(i);
            int sure = 0;
            for (int v = 0; v < versions.size(); v++) {
                if (versions.get(v).done <= stable) {
                    sure = v;
                }
            }
            long found = stamp(data, i);
            boolean allowed = false;
            for (int v = sure; v < versions.size(); v++) {
                allowed |= versions.get(v).stamp == found
                        && (v == sure || versions.get(v).issued <= time);
            }
            if (!allowed) {
                fail("sector " + i + " after an end at " + time + " (stable since " + stable
                        + "): stamp " + found + " of " + versions);
            }
        }
    }
}
