package io.backplane.block;

/** What a node does with discard requests. */
public enum DiscardMode {
    /** Nothing. */
    IGNORE,
    /** Passes them on. */
    UNMAP
}
