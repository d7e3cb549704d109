package io.backplane.block.spi;

/** What kind of driver it is. */
public enum DriverTraits {
    /** Talks to the host itself; has no children that hold its data. */
    PROTOCOL,
    /** Interprets the data of its {@code file} child as an image format. */
    FORMAT,
    /** Passes one child's data through; its length and contents are that child's. */
    FILTER
}
