package io.backplane.block;

/** What a node does with writes of nothing but zeroes. */
public enum DetectZeroes {
    /** Writes them. */
    OFF,
    /** Turns them into write-zeroes. */
    ON,
    /** Turns them into write-zeroes that may release storage. */
    UNMAP
}
