package io.backplane.virtio;

import io.backplane.aio.AnyThread;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The guest's memory as far as it is shared with us: regions sorted by guest physical address.
 *
 * <p>Immutable; a change of regions is a new instance, swapped in while no request is in flight.
 * Whoever mapped the regions keeps them mapped as long as an instance is in use. The contents
 * belong to the guest, which changes them at any time and can make them vanish: reading then
 * throws {@link InternalError}, which means that the device is broken.
 */
@AnyThread
public final class GuestMemory {
    /** Most regions of one guest. */
    public static final int REGION_COUNT_MAX = 1024;
    /** Nothing is shared. */
    public static final GuestMemory NONE = new GuestMemory(new Region[0]);

    /**
     * One region.
     *
     * @param address its first guest physical address
     * @param segment its memory, which gives its length
     */
    public record Region(long address, MemorySegment segment) {
        /** Length in bytes. */
        public long bytes() {
            return segment.byteSize();
        }
    }

    private final long[] starts;
    private final long[] lengths;
    private final MemorySegment[] segments;

    private GuestMemory(Region[] sorted) {
        int count = sorted.length;
        starts = new long[count];
        lengths = new long[count];
        segments = new MemorySegment[count];
        for (int i = 0; i < count; i++) {
            starts[i] = sorted[i].address;
            lengths[i] = sorted[i].bytes();
            segments[i] = sorted[i].segment;
        }
    }

    /**
     * Memory made of {@code regions}, in any order.
     *
     * @throws ViolationException if a region is empty, wraps around or overlaps another one, or if
     *     there are more than {@link #REGION_COUNT_MAX}
     */
    public static GuestMemory of(List<Region> regions) throws ViolationException {
        if (regions.size() > REGION_COUNT_MAX) {
            throw new ViolationException(regions.size() + " memory regions, at most "
                    + REGION_COUNT_MAX + " are possible");
        }
        Region[] sorted = regions.toArray(new Region[0]);
        Arrays.sort(sorted, Comparator.comparing(Region::address, Long::compareUnsigned));
        for (int i = 0; i < sorted.length; i++) {
            long start = sorted[i].address;
            long last = start + sorted[i].bytes() - 1;
            if (sorted[i].bytes() == 0 || Long.compareUnsigned(last, start) < 0) {
                throw new ViolationException("memory region at 0x" + Long.toHexString(start)
                        + " of " + sorted[i].bytes() + " bytes is empty or wraps around");
            }
            if (i > 0 && Long.compareUnsigned(start - sorted[i - 1].address,
                    sorted[i - 1].bytes()) < 0) {
                throw new ViolationException("memory region at 0x" + Long.toHexString(start)
                        + " overlaps the one at 0x" + Long.toHexString(sorted[i - 1].address));
            }
        }
        return new GuestMemory(sorted);
    }

    /** Number of regions. */
    public int regionCount() {
        return starts.length;
    }

    /** Index of the region that holds {@code address}, or -1. */
    public int find(long address) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            long distance = address - starts[middle];
            if (Long.compareUnsigned(distance, lengths[middle]) < 0) {
                return middle;
            }
            if (Long.compareUnsigned(address, starts[middle]) < 0) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return -1;
    }

    /** The memory of region {@code index}. */
    public MemorySegment segment(int index) {
        return segments[index];
    }

    /** Offset in bytes of {@code address} in region {@code index}; it may lie outside. */
    public long offset(int index, long address) {
        return address - starts[index];
    }

    /** Whether region {@code index} holds all {@code bytes} (not negative) from {@code address}. */
    public boolean holds(int index, long address, long bytes) {
        long offset = address - starts[index];
        return Long.compareUnsigned(offset, lengths[index]) < 0
                && bytes <= lengths[index] - offset;
    }

    /**
     * A range as one piece of memory; null if it is not all inside one region.
     *
     * @param bytes length, not negative
     */
    public MemorySegment slice(long address, long bytes) {
        int index = find(address);
        if (index < 0 || !holds(index, address, bytes)) {
            return null;
        }
        return segments[index].asSlice(offset(index, address), bytes);
    }

    /**
     * Appends a range to {@code iov}, in pieces where it crosses from one region into one that
     * follows without a gap.
     *
     * @param hint index of the region to try first, such as the one the last range was in
     * @param bytes length, more than zero
     * @return index of the region the range ends in; -1: some of it is not guest memory, and
     *     {@code iov} is then unspecified
     */
    public int addTo(IoVector iov, int hint, long address, long bytes) {
        int index = hint;
        if (index < 0 || index >= starts.length
                || Long.compareUnsigned(address - starts[index], lengths[index]) >= 0) {
            index = find(address);
        }
        long at = address;
        long left = bytes;
        while (index >= 0) {
            long offset = at - starts[index];
            long n = Math.min(left, lengths[index] - offset);
            iov.add(segments[index], offset, n);
            left -= n;
            if (left == 0) {
                return index;
            }
            at += n;
            index = at == 0 ? -1 : find(at); // no range goes over the top of the address space
        }
        return -1;
    }
}
