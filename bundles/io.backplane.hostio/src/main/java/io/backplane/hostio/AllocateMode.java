package io.backplane.hostio;

/** What {@link HostFile#allocate} does to a range. */
public enum AllocateMode {
    /** Reserve storage, keep contents, grow the file if needed. */
    RESERVE,
    /** Release storage, reads as zeroes, keep the length. */
    PUNCH_HOLE,
    /** Make it read as zeroes, keeping or reserving storage; keep the length. */
    ZERO_RANGE
}
