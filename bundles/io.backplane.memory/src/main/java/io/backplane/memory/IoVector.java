package io.backplane.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A scatter-gather list of memory: (segment, offset, length) triples in parallel arrays.
 *
 * <p>It is mutable so that its owner can pool it; whoever receives one for a request only reads
 * it, and only until the request returns. A request names a window of it by position and length,
 * both in bytes, so that storeys split requests without copying or allocating. Not thread-safe;
 * the owner publishes it with the request. Nothing here suspends.
 */
public final class IoVector {
    private static final MemorySegment ZEROES = Arena.ofAuto().allocate(16 << 10, 64);

    private MemorySegment[] segments;
    private long[] offsets;
    private long[] lengths;
    private int count;
    private long bytes;

    /** An empty vector with room for four elements; it grows. */
    public IoVector() {
        this(4);
    }

    /** An empty vector with room for {@code capacity} elements; it grows. */
    public IoVector(int capacity) {
        segments = new MemorySegment[capacity];
        offsets = new long[capacity];
        lengths = new long[capacity];
    }

    /** A vector of one element: the whole of {@code segment}. */
    public static IoVector of(MemorySegment segment) {
        return new IoVector(1).add(segment, 0, segment.byteSize());
    }

    /** Forgets all elements; keeps the room. */
    public void clear() {
        for (int i = 0; i < count; i++) {
            segments[i] = null;
        }
        count = 0;
        bytes = 0;
    }

    /**
     * Appends {@code length} bytes of {@code segment} from {@code offset}; zero bytes add nothing.
     *
     * @throws IndexOutOfBoundsException if the range is not inside the segment
     */
    public IoVector add(MemorySegment segment, long offset, long length) {
        java.util.Objects.checkFromIndexSize(offset, length, segment.byteSize());
        if (length == 0) {
            return this;
        }
        if (count == segments.length) {
            int capacity = Math.max(4, count * 2);
            segments = java.util.Arrays.copyOf(segments, capacity);
            offsets = java.util.Arrays.copyOf(offsets, capacity);
            lengths = java.util.Arrays.copyOf(lengths, capacity);
        }
        segments[count] = segment;
        offsets[count] = offset;
        lengths[count] = length;
        count++;
        bytes += length;
        return this;
    }

    /** Appends the window [{@code from}, {@code from + length}) of {@code other}, bytes. */
    public IoVector addWindow(IoVector other, long from, long length) {
        java.util.Objects.checkFromIndexSize(from, length, other.bytes);
        long skip = from;
        long left = length;
        for (int i = 0; left > 0; i++) {
            long have = other.lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(left, have - skip);
            add(other.segments[i], other.offsets[i] + skip, n);
            left -= n;
            skip = 0;
        }
        return this;
    }

    /** Number of elements. */
    public int count() {
        return count;
    }

    /** Total length in bytes. */
    public long bytes() {
        return bytes;
    }

    /** The segment of element {@code index}. */
    public MemorySegment segment(int index) {
        return segments[index];
    }

    /** Offset in bytes of element {@code index} in its segment. */
    public long offset(int index) {
        return offsets[index];
    }

    /** Length in bytes of element {@code index}. */
    public long length(int index) {
        return lengths[index];
    }

    /** Native address of element {@code index}; meaningful for native segments only. */
    public long address(int index) {
        return segments[index].address() + offsets[index];
    }

    /** Whether every element's address and length in the window are multiples of {@code align}. */
    public boolean isAligned(long from, long length, long align) {
        long mask = align - 1;
        long skip = from;
        long left = length;
        for (int i = 0; left > 0; i++) {
            long have = lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(left, have - skip);
            if (((address(i) + skip | n) & mask) != 0) {
                return false;
            }
            left -= n;
            skip = 0;
        }
        return true;
    }

    /** Copies {@code length} bytes from position {@code from} of this vector into {@code to}. */
    public void copyTo(long from, MemorySegment to, long toOffset, long length) {
        java.util.Objects.checkFromIndexSize(from, length, bytes);
        long skip = from;
        long done = 0;
        for (int i = 0; done < length; i++) {
            long have = lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(length - done, have - skip);
            MemorySegment.copy(segments[i], offsets[i] + skip, to, toOffset + done, n);
            done += n;
            skip = 0;
        }
    }

    /** Copies {@code length} bytes of {@code source} into this vector at position {@code at}. */
    public void copyFrom(long at, MemorySegment source, long sourceOffset, long length) {
        java.util.Objects.checkFromIndexSize(at, length, bytes);
        long skip = at;
        long done = 0;
        for (int i = 0; done < length; i++) {
            long have = lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(length - done, have - skip);
            MemorySegment.copy(source, sourceOffset + done, segments[i], offsets[i] + skip, n);
            done += n;
            skip = 0;
        }
    }

    /** Sets {@code length} bytes from position {@code from} to {@code value}. */
    public void fill(long from, long length, byte value) {
        java.util.Objects.checkFromIndexSize(from, length, bytes);
        long skip = from;
        long left = length;
        for (int i = 0; left > 0; i++) {
            long have = lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(left, have - skip);
            fill(segments[i], offsets[i] + skip, n, value);
            left -= n;
            skip = 0;
        }
    }

    /** Zeroes are copied from a page of them: a slice to fill would be garbage of the hot path. */
    private static void fill(MemorySegment segment, long offset, long length, byte value) {
        if (value != 0) {
            segment.asSlice(offset, length).fill(value);
            return;
        }
        long zeroBytes = ZEROES.byteSize();
        for (long done = 0; done < length; done += zeroBytes) {
            MemorySegment.copy(ZEROES, 0, segment, offset + done,
                    Math.min(zeroBytes, length - done));
        }
    }

    /** Whether all {@code length} bytes from position {@code from} are zero. */
    public boolean isZero(long from, long length) {
        java.util.Objects.checkFromIndexSize(from, length, bytes);
        long skip = from;
        long left = length;
        for (int i = 0; left > 0; i++) {
            long have = lengths[i];
            if (skip >= have) {
                skip -= have;
                continue;
            }
            long n = Math.min(left, have - skip);
            if (!isZero(segments[i], offsets[i] + skip, n)) {
                return false;
            }
            left -= n;
            skip = 0;
        }
        return true;
    }

    private static boolean isZero(MemorySegment segment, long offset, long length) {
        long zeroBytes = ZEROES.byteSize();
        for (long done = 0; done < length; done += zeroBytes) {
            long n = Math.min(zeroBytes, length - done);
            if (MemorySegment.mismatch(segment, offset + done, offset + done + n, ZEROES, 0, n)
                    >= 0) {
                return false;
            }
        }
        return true;
    }
}
