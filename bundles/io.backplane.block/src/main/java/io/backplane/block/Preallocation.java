package io.backplane.block;

/** How much of an image or of new space is allocated at once. */
public enum Preallocation {
    /** Nothing. */
    OFF,
    /** The format's tables, not the data. */
    METADATA,
    /** Everything, by reserving storage. */
    FALLOC,
    /** Everything, by writing it. */
    FULL
}
