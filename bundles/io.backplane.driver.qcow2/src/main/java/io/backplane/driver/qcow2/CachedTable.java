package io.backplane.driver.qcow2;

import java.lang.foreign.MemorySegment;

/**
 * A piece of metadata in a {@link TableCache}. Its key never changes and its memory is never used
 * for another piece, so a reader without the lock that still holds an evicted one reads what was
 * true when it looked.
 */
abstract class CachedTable {
    /** Granularity of write-back in bytes; a slice of 512 bytes is written whole. */
    private static final int WRITE_UNIT = 4096;

    // Immutable
    final long key;
    final int bytes;

    // Any thread
    volatile CachedTable next;
    boolean referenced = true;
    /** Changes that are not in the image file yet; set before a change can be seen. */
    volatile boolean unsettled;

    // Under the metadata lock
    int slot;
    /** Writes of this table that are on their way. */
    int writing;
    int dirtySlot;
    private int dirtyFrom = Integer.MAX_VALUE;
    private int dirtyTo;
    TableCache<?> cache;

    CachedTable(long key, int bytes) {
        this.key = key;
        this.bytes = bytes;
    }

    boolean isDirty() {
        return dirtyTo > 0;
    }

    int dirtyFrom() {
        return dirtyFrom;
    }

    int dirtyTo() {
        return dirtyTo;
    }

    /** Marks bytes [from, to) to be written. */
    void markDirty(int from, int to) {
        if (dirtyTo == 0) {
            cache.dirtied(this);
        }
        dirtyFrom = Math.min(dirtyFrom, from & -WRITE_UNIT);
        dirtyTo = Math.max(dirtyTo, Math.min(bytes, to + WRITE_UNIT - 1 & -WRITE_UNIT));
    }

    void markClean() {
        if (dirtyTo > 0) {
            cache.cleaned(this);
        }
        dirtyFrom = Integer.MAX_VALUE;
        dirtyTo = 0;
    }

    /** Writes bytes [from, to), as they stand on disk, into {@code target} at {@code at}. */
    abstract void encode(int from, int to, MemorySegment target, long at);
}
