package io.backplane.hostio.posix;

import io.backplane.aio.AnyThread;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes {@code struct iovec} arrays: 0 address (8) | 8 length (8). */
public final class Iovecs {
    /** Size of one element in bytes. */
    public static final int ELEMENT_BYTES = 16;
    /** Most elements one system call takes (IOV_MAX). */
    public static final int COUNT_MAX = 1024;

    private Iovecs() {
    }

    /**
     * Describes the window [{@code from}, {@code from + bytes}) of {@code iov}, up to
     * {@code countMax} elements, so that a longer vector makes a short transfer.
     *
     * @param area room for {@code countMax} elements
     * @return number of elements written
     */
    @AnyThread
    public static int fill(IoVector iov, long from, long bytes, MemorySegment area, int countMax) {
        java.util.Objects.checkFromIndexSize(from, bytes, iov.bytes());
        long skip = from;
        long left = bytes;
        int count = 0;
        for (int i = 0; left > 0 && count < countMax; i++) {
            long have = iov.length(i);
            if (skip >= have) {
                skip -= have;
                continue;
            }
            if (!iov.segment(i).isNative()) {
                throw new IllegalArgumentException("host I/O needs native memory, element " + i
                        + " is on the heap");
            }
            long length = Math.min(left, have - skip);
            area.set(ValueLayout.JAVA_LONG, (long) count * ELEMENT_BYTES, iov.address(i) + skip);
            area.set(ValueLayout.JAVA_LONG, (long) count * ELEMENT_BYTES + 8, length);
            count++;
            left -= length;
            skip = 0;
        }
        return count;
    }
}
