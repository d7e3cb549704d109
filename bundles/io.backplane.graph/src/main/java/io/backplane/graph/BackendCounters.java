package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.backend.BackendStats;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Counters of one backend. Each context counts in a cell of its own, so counting is a plain
 * addition; whoever reads adds the cells up.
 */
final class BackendCounters {
    static final int READ = 0;
    static final int WRITE = 1;
    static final int FLUSH = 2;
    static final int DISCARD = 3;
    static final int ZEROES = 4;
    private static final int VERBS = 5;
    private static final int BYTES = VERBS;
    private static final int FAILED = 2 * VERBS;
    private static final int HIGHEST = 3 * VERBS;
    /** Cells of two contexts do not share a cache line. */
    private static final int PADDING = 16;
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Counters of one context, written by its thread only. */
    private static final class Cell {
        final AioContext owner;
        final long[] counts = new long[PADDING + HIGHEST + 1 + PADDING];

        Cell(AioContext owner) {
            this.owner = owner;
        }

        void add(int index, long value) {
            long sum = counts[PADDING + index] + value;
            LONGS.setOpaque(counts, PADDING + index, sum);
        }

        void raise(int index, long value) {
            if (value > counts[PADDING + index]) {
                LONGS.setOpaque(counts, PADDING + index, value);
            }
        }

        long read(int index) {
            return (long) LONGS.getOpaque(counts, PADDING + index);
        }
    }

    // Any thread
    private volatile Cell[] cells = {};

    /** One verb is done. */
    void done(int verb, long bytes) {
        Cell cell = cell();
        cell.add(verb, 1);
        cell.add(BYTES + verb, bytes);
    }

    /** One write is done. */
    void written(long offset, long bytes) {
        Cell cell = cell();
        cell.add(WRITE, 1);
        cell.add(BYTES + WRITE, bytes);
        cell.raise(HIGHEST, offset + bytes);
    }

    /** One verb failed. */
    void failed(int verb) {
        cell().add(FAILED + verb, 1);
    }

    private Cell cell() {
        AioContext here = AioContext.current();
        Cell[] known = cells;
        for (Cell cell : known) {
            if (cell.owner == here) {
                return cell;
            }
        }
        return newCell(here);
    }

    private Cell newCell(AioContext here) {
        Cell made = new Cell(here);
        synchronized (this) {
            Cell[] more = java.util.Arrays.copyOf(cells, cells.length + 1);
            more[cells.length] = made;
            cells = more;
        }
        return made;
    }

    BackendStats read() {
        long[] sum = new long[HIGHEST];
        long highest = 0;
        for (Cell cell : cells) {
            for (int i = 0; i < HIGHEST; i++) {
                sum[i] += cell.read(i);
            }
            highest = Math.max(highest, cell.read(HIGHEST));
        }
        return new BackendStats(sum[READ], sum[BYTES + READ], sum[WRITE] + sum[ZEROES],
                sum[BYTES + WRITE] + sum[BYTES + ZEROES], sum[ZEROES], sum[DISCARD],
                sum[BYTES + DISCARD], sum[FLUSH], sum[FAILED + READ],
                sum[FAILED + WRITE] + sum[FAILED + ZEROES], sum[FAILED + FLUSH],
                sum[FAILED + DISCARD], highest);
    }
}
