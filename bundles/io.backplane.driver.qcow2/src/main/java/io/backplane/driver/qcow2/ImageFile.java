package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The image file (or the data file) as the driver uses it: reads behind the end give zeroes, and
 * the file is grown in steps before it is written behind its end, so that what was never written
 * is known to be zero.
 *
 * <p>Reads and writes: any context. Growth: under the metadata lock.
 */
final class ImageFile {
    private static final long MIN_GROWTH_BYTES = 1 << 20;
    private static final long MAX_GROWTH_BYTES = 64 << 20;
    /** A page-aligned piece of zeroes, read only by all. */
    static final MemorySegment ZEROES = Arena.ofAuto().allocate(64 << 10, 4096).asReadOnly();

    // Immutable
    final BlockChild child;
    final BufferPool buffers;

    // Under the metadata lock
    private long untouchedFrom;
    private long usedEnd;
    private boolean grown;
    private boolean lengthUnstable;

    ImageFile(BlockChild child, BufferPool buffers) {
        this.child = child;
        this.buffers = buffers;
        untouchedFrom = child.length();
        usedEnd = untouchedFrom;
    }

    long length() {
        return child.length();
    }

    /** Reads data into the window of {@code iov}; zeroes behind the end. */
    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        long have = child.length() - offset;
        if (have >= bytes) {
            child.preadv(offset, bytes, iov, from, flags);
            return;
        }
        if (have > 0) {
            child.preadv(offset, have, iov, from, flags);
        }
        long skip = Math.max(0, have);
        iov.fill(from + skip, bytes - skip, (byte) 0);
    }

    /** Reads metadata; the caller closes the buffer. */
    BufferPool.Buffer awaitRead(long offset, long bytes) throws BlockException {
        BufferPool.Buffer buffer = buffers.take(bytes);
        boolean done = false;
        try {
            preadv(offset, bytes, buffer.vector(), 0, 0);
            done = true;
            return buffer;
        } finally {
            if (!done) {
                buffer.close();
            }
        }
    }

    /** Writes a few header bytes. */
    void awaitWriteLongs(long offset, long... values) throws BlockException {
        try (BufferPool.Buffer buffer = buffers.take(8L * values.length)) {
            for (int i = 0; i < values.length; i++) {
                buffer.segment().set(Be.LONG, 8L * i, values[i]);
            }
            child.pwritev(offset, 8L * values.length, buffer.vector(), 0, 0);
        }
    }

    /** Writes zeroes; may use the child's own way. */
    void awaitWriteZeroes(long offset, long bytes) throws BlockException {
        child.pwriteZeroes(offset, bytes, 0);
    }

    /**
     * Takes [offset, offset + bytes) into use, growing the file if it is too short. Under the
     * metadata lock.
     *
     * @return whether the range reads as zeroes because nothing ever wrote to it
     */
    boolean awaitUse(long offset, long bytes) throws BlockException {
        long end = offset + bytes;
        if (end > child.length()) {
            awaitGrow(end);
        }
        usedEnd = Math.max(usedEnd, end);
        boolean fresh = offset >= untouchedFrom;
        untouchedFrom = Math.max(untouchedFrom, end);
        return fresh;
    }

    private void awaitGrow(long end) throws BlockException {
        long step = Math.clamp(end >> 3, MIN_GROWTH_BYTES, MAX_GROWTH_BYTES);
        long target = end + step & -MIN_GROWTH_BYTES;
        try {
            child.truncate(target, true, Preallocation.OFF, 0);
        } catch (BlockException e) {
            if (target == end) {
                throw e;
            }
            child.truncate(end, true, Preallocation.OFF, 0);
        }
        if (child.length() < end) {
            throw new BlockException(Kind.NO_SPACE, "No space left on device");
        }
        grown = true;
        lengthUnstable = true;
    }

    /** Whether the file was grown since the last call. */
    boolean takeLengthUnstable() {
        boolean was = lengthUnstable;
        lengthUnstable = false;
        return was;
    }

    /** The next {@link #takeLengthUnstable} says yes: what should have made it stable failed. */
    void lengthUnstable() {
        lengthUnstable = true;
    }

    /** Takes [from, end), which was taken into use but never written to, out of use. */
    void leave(long from, long end, boolean fresh) {
        if (end != usedEnd) {
            return;
        }
        usedEnd = from;
        if (fresh && end == untouchedFrom) {
            untouchedFrom = from;
        }
    }

    /** Makes sure that the file reaches {@code end}, reserving what is new, but uses nothing. */
    void awaitReserve(long end, Preallocation mode) throws BlockException {
        if (child.length() < end) {
            child.truncate(end, true, mode, 0);
            grown = true;
            lengthUnstable = true;
        }
    }

    /** From here on nothing was ever written. Under the metadata lock. */
    long untouchedFrom() {
        return untouchedFrom;
    }

    /** First byte that nothing of this image uses; a multiple of nothing in particular. */
    long usedEnd() {
        return usedEnd;
    }

    /** Gives back what was grown in advance. */
    void awaitTrim() throws BlockException {
        if (grown && child.length() > usedEnd) {
            child.truncate(usedEnd, true, Preallocation.OFF, 0);
            untouchedFrom = Math.min(untouchedFrom, usedEnd);
        }
        grown = false;
    }
}
