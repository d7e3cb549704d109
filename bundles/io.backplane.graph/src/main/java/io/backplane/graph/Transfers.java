package io.backplane.graph;

import io.backplane.block.BlockLimits;
import io.backplane.memory.IoVector;

/** How much of a request a driver takes at once. */
final class Transfers {
    /** Most that goes through one bounce buffer. */
    static final long BOUNCE_BYTES = 1 << 20;

    private Transfers() {
    }

    /** Whether the whole of it. */
    static boolean fits(BlockLimits limits, long bytes, IoVector iov) {
        long max = limits.maxTransfer();
        int segments = limits.maxSegments();
        return (max == 0 || bytes <= max) && (segments == 0 || iov.count() <= segments);
    }

    /** Room of a bounce buffer: a multiple of the alignment that the driver takes at once. */
    static long bounceBytes(BlockLimits limits) {
        long max = limits.maxTransfer();
        long align = limits.requestAlignment();
        long room = max == 0 ? BOUNCE_BYTES : Math.min(BOUNCE_BYTES, max);
        return Math.max(align, room & -align);
    }

    /**
     * The next part of a request that respects alignment, length and element count.
     *
     * @return its length; 0 if the elements are too small for any and it must be bounced
     */
    static long next(BlockLimits limits, IoVector iov, long from, long bytes) {
        long align = limits.requestAlignment();
        long most = limits.maxTransfer() == 0 ? bytes
                : Math.min(bytes, limits.maxTransfer() & -align);
        if (limits.maxSegments() == 0) {
            return most;
        }
        long reach = reach(iov, from, most, limits.maxSegments());
        return reach >= most ? most : reach & -align;
    }

    /** How far {@code segments} elements reach from position {@code from}, at most {@code most}. */
    private static long reach(IoVector iov, long from, long most, int segments) {
        long skip = from;
        int i = 0;
        while (skip >= iov.length(i)) {
            skip -= iov.length(i++);
        }
        long reach = -skip;
        for (int n = 0; n < segments && i < iov.count() && reach < most; n++) {
            reach += iov.length(i++);
        }
        return Math.min(reach, most);
    }
}
