package io.backplane.aio;

/**
 * Adaptive polling of one context: how long to look at memory before sleeping.
 *
 * @param maxNs upper limit of the window in nanoseconds; 0 switches polling off
 * @param grow factor by which a window that was too short grows; 0: 2
 * @param shrink divisor by which a window that failed shrinks; 0: to nothing at once
 */
public record PollingOptions(long maxNs, int grow, int shrink) {
    /** No polling. */
    public static final PollingOptions OFF = new PollingOptions(0, 0, 0);
}
