package io.backplane.block;

/**
 * What is known of the first {@code bytes} bytes of an asked-for range.
 *
 * @param bytes how many bytes share this status, more than zero except at the end
 * @param allocated this layer determines the contents (else the backing file does)
 * @param data stored as data
 * @param zero reads as zeroes
 * @param compressed stored compressed
 * @param hostOffset where the data lies in {@code hostNode}, in bytes; -1: no fixed place
 * @param hostNode node-name that holds the data at {@code hostOffset}, null with -1
 * @param depth 0: the asked node, 1: its backing file, and so on
 */
public record BlockStatus(long bytes, boolean allocated, boolean data, boolean zero,
        boolean compressed, long hostOffset, String hostNode, int depth) {

    /** Plain data at a fixed place of a node. */
    public static BlockStatus dataAt(long bytes, long hostOffset, String hostNode) {
        return new BlockStatus(bytes, true, true, false, false, hostOffset, hostNode, 0);
    }

    /** Known zeroes, nothing stored. */
    public static BlockStatus zeroes(long bytes) {
        return new BlockStatus(bytes, true, false, true, false, -1, null, 0);
    }

    /** Not in this layer. */
    public static BlockStatus unallocated(long bytes) {
        return new BlockStatus(bytes, false, false, false, false, -1, null, 0);
    }
}
