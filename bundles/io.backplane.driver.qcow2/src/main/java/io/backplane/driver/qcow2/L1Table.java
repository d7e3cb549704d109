package io.backplane.driver.qcow2;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import java.util.List;

/** The active L1 table: read without a lock, changed under the metadata lock. */
final class L1Table implements Awaited {
    private static final VarHandle ENTRIES = MethodHandles.arrayElementVarHandle(long[].class);
    /** Bytes that are written at once. */
    static final int SECTOR_BYTES = 512;

    // Any thread
    private volatile long[] entries;
    /** Changes that are not in the image file yet; set before a change can be seen. */
    volatile boolean unsettled;

    // Under the metadata lock
    private long offset;
    /** Counts the changes. */
    long changes;
    /** The last change that is in the image file. */
    long settled;
    /** Who writes it to the image file; null if nobody. */
    Coroutine writer;
    private BitSet dirtySectors = new BitSet();

    L1Table(long offset, long[] entries) {
        this.offset = offset;
        this.entries = entries;
    }

    /** Entry {@code index}; 0 behind the end. Any thread. */
    long get(long index) {
        long[] all = entries;
        return index < all.length ? (long) ENTRIES.getAcquire(all, (int) index) : 0;
    }

    int count() {
        return entries.length;
    }

    @Override
    public String describe() {
        return "the write of the L1 table of a qcow2 image at " + offset;
    }

    @Override
    public List<Coroutine> blockers() {
        Coroutine now = writer;
        return now == null ? List.of() : List.of(now);
    }

    /** Where the table lies in the image file, bytes. */
    long offset() {
        return offset;
    }

    void set(int index, long entry) {
        unsettled = true;
        changes++;
        ENTRIES.setRelease(entries, index, entry);
        dirtySectors.set(index >> 6);
    }

    boolean isDirty() {
        return !dirtySectors.isEmpty();
    }

    /** The dirty sectors, which count as clean from now on. */
    BitSet takeDirty() {
        BitSet taken = dirtySectors;
        dirtySectors = new BitSet();
        return taken;
    }

    void dirtyAgain(BitSet sectors) {
        dirtySectors.or(sectors);
    }

    /** The table lies at {@code newOffset} now, written there whole. */
    void move(long newOffset, long[] newEntries) {
        offset = newOffset;
        entries = newEntries;
        dirtySectors.clear();
    }

    long[] copy(int count) {
        return java.util.Arrays.copyOf(entries, count);
    }
}
