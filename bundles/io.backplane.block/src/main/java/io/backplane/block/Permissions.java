package io.backplane.block;

/**
 * Permissions of one edge of the graph, as bits of {@link BlockPermission}.
 *
 * @param used what the parent does
 * @param shared what it lets others do
 */
public record Permissions(int used, int shared) {
    /** All permission bits. */
    public static final int ALL = 15;
    /** Reads, and writes that change nothing. */
    public static final int READ = 1;
    /** Reads and writes. */
    public static final int READ_WRITE = 1 | 2;

    /** Uses nothing, allows everything. */
    public static final Permissions NONE = new Permissions(0, ALL);

    /** Whether {@code permission} is used. */
    public boolean uses(BlockPermission permission) {
        return (used & permission.bit()) != 0;
    }
}
