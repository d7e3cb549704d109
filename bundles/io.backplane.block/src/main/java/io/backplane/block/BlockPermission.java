package io.backplane.block;

/** What a parent does with a child, and lets other parents do. */
public enum BlockPermission {
    /** Reads that expect what was written last. */
    CONSISTENT_READ,
    /** Writes that change the visible contents. */
    WRITE,
    /** Writes that leave the visible contents as they are. */
    WRITE_UNCHANGED,
    /** Changes of the length. */
    RESIZE;

    /** Its bit in {@link Permissions}. */
    public int bit() {
        return 1 << ordinal();
    }

    /** The name users know, such as {@code write-unchanged}. */
    public String wireName() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
}
