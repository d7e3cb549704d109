package io.backplane.block.spi;

import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;

/** A driver node that can check its image's consistency. */
public interface CheckableNode {

    /**
     * Result of a check, as the image tool prints it.
     *
     * @param corruptions errors found
     * @param leaks clusters lost but harmless
     * @param checkErrors places that could not be checked
     * @param imageEndOffset end of what the image uses, in bytes
     * @param totalClusters guest clusters
     * @param allocatedClusters of those, allocated
     * @param fragmentedClusters of those, not next to their neighbour
     * @param compressedClusters of those, compressed
     */
    record CheckResult(long corruptions, long leaks, long checkErrors, long imageEndOffset,
            long totalClusters, long allocatedClusters, long fragmentedClusters,
            long compressedClusters) {
    }

    /** Where a check tells what it finds. */
    interface CheckReport {
        /** One error, in words. */
        @IoCode
        @NoSuspend
        void error(String message);

        /** One leak, in words. */
        @IoCode
        @NoSuspend
        void leak(String message);
    }

    /** Checks the whole image; changes nothing. */
    @Suspends
    @IoCode
    CheckResult awaitCheck(CheckReport report) throws BlockException;
}
