package io.backplane.block.spi;

/** What a child is to its parent; decides permissions and what status means. */
public enum ChildRole {
    /** The image file of a format: metadata, and data unless there is a data file. */
    IMAGE,
    /** External data file of a format. */
    DATA,
    /** What is read where the parent has nothing. */
    BACKING,
    /** The one child of a filter. */
    FILTERED,
    /** Something else the driver writes to, such as a log. */
    METADATA
}
