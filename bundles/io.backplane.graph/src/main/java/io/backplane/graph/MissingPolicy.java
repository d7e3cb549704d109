package io.backplane.graph;

/**
 * What nodes do whose driver goes away without a successor.
 *
 * @param hold whether their requests wait for one; else they fail at once
 * @param timeoutNs how long they wait at most, in nanoseconds
 */
public record MissingPolicy(boolean hold, long timeoutNs) {
    /** Half a minute, as long as guests wait for a disk. */
    public static final MissingPolicy DEFAULT =
            new MissingPolicy(true, 30_000_000_000L);
}
