package io.backplane.block;

/**
 * What requests a node takes; the graph aligns, splits and emulates so that the driver sees no
 * other. All values are bytes; 0 as a maximum means no limit.
 *
 * @param requestAlignment power of two that offset and length of each request respect
 * @param memoryAlignment power of two that buffers respect
 * @param maxTransfer longest read or write
 * @param optimalTransfer best length of a read or write, 0: unknown
 * @param maxSegments most elements of an I/O vector, 0: no limit
 * @param discardAlignment a discard that is not aligned to it is cut to its aligned middle
 * @param maxDiscard longest discard
 * @param zeroesAlignment write-zeroes not aligned to it are done by a plain write at the edges
 * @param maxZeroes longest write-zeroes
 * @param writeFlags {@link RequestFlags} that pwritev implements itself
 * @param zeroFlags {@link RequestFlags} that pwriteZeroes implements itself
 */
public record BlockLimits(int requestAlignment, int memoryAlignment, long maxTransfer,
        long optimalTransfer, int maxSegments, long discardAlignment, long maxDiscard,
        long zeroesAlignment, long maxZeroes, int writeFlags, int zeroFlags) {
    /** Byte-granular, no limits, no flags. */
    public static final BlockLimits NONE =
            new BlockLimits(1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0);

    /** These limits with other alignments of requests and memory. */
    public BlockLimits withAlignment(int request, int memory) {
        return new BlockLimits(request, memory, maxTransfer, optimalTransfer, maxSegments,
                discardAlignment, maxDiscard, zeroesAlignment, maxZeroes, writeFlags, zeroFlags);
    }

    /** These limits with other implemented flags. */
    public BlockLimits withFlags(int write, int zero) {
        return new BlockLimits(requestAlignment, memoryAlignment, maxTransfer, optimalTransfer,
                maxSegments, discardAlignment, maxDiscard, zeroesAlignment, maxZeroes, write,
                zero);
    }

    /** These limits with other bounds on discard and write-zeroes. */
    public BlockLimits withDiscard(long discardAlign, long discardMax, long zeroesAlign,
            long zeroesMax) {
        return new BlockLimits(requestAlignment, memoryAlignment, maxTransfer, optimalTransfer,
                maxSegments, discardAlign, discardMax, zeroesAlign, zeroesMax, writeFlags,
                zeroFlags);
    }

    /** These limits with other bounds on reads and writes. */
    public BlockLimits withTransfer(long max, long optimal, int segments) {
        return new BlockLimits(requestAlignment, memoryAlignment, max, optimal, segments,
                discardAlignment, maxDiscard, zeroesAlignment, maxZeroes, writeFlags, zeroFlags);
    }
}
