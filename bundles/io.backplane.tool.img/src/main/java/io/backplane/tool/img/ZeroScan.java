package io.backplane.tool.img;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Finds zeroes in buffers, many bytes at a time. Any thread. */
final class ZeroScan {
    private static final long BLOCK_BYTES = 64 << 10;
    private static final MemorySegment ZEROES = Arena.ofAuto().allocate(BLOCK_BYTES, 64);

    private ZeroScan() {
    }

    /** Offset of the first byte that is not zero, relative to {@code from}; -1: all are. */
    static long firstNonZero(MemorySegment segment, long from, long bytes) {
        for (long at = 0; at < bytes; at += BLOCK_BYTES) {
            long n = Math.min(BLOCK_BYTES, bytes - at);
            long found = MemorySegment.mismatch(segment, from + at, from + at + n, ZEROES, 0, n);
            if (found >= 0) {
                return at + found;
            }
        }
        return -1;
    }

    /**
     * Length of the run from {@code from} that is either all blocks of zeroes or all others.
     *
     * @param position position of {@code from} on the disk; blocks end at multiples of
     *     {@code block}
     * @return the length, negative if the run is zeroes
     */
    static long run(MemorySegment segment, long from, long bytes, long position, long block) {
        boolean zero = false;
        long at = 0;
        while (at < bytes) {
            long n = Math.min(bytes - at, block - (position + at) % block);
            boolean zeroBlock = firstNonZero(segment, from + at, n) < 0;
            if (at == 0) {
                zero = zeroBlock;
            } else if (zero != zeroBlock) {
                break;
            }
            at += n;
        }
        return zero ? -at : at;
    }
}
