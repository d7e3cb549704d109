package io.backplane.virtio;

/**
 * Where a split virtqueue lies and how it is driven; virtio 1.2, 2.7.
 *
 * <p>Offsets in the parts, for a queue of {@code size} descriptors:
 * <pre>
 * part  | offset       | size | spec name
 * desc  | 16 * i       | 16   | desc[i], see DescriptorChain
 * avail | 0            | 2    | flags: 1 = NO_INTERRUPT
 * avail | 2            | 2    | idx
 * avail | 4 + 2 * i    | 2    | ring[i]
 * avail | 4 + 2 * size | 2    | used_event
 * used  | 0            | 2    | flags: 1 = NO_NOTIFY
 * used  | 2            | 2    | idx
 * used  | 4 + 8 * i    | 8    | ring[i]: le32 id, le32 len
 * used  | 4 + 8 * size | 2    | avail_event
 * </pre>
 *
 * @param index which queue of the device
 * @param size number of descriptors, a power of two
 * @param desc guest physical address of the descriptor table
 * @param avail guest physical address of the driver area
 * @param used guest physical address of the device area
 * @param features negotiated features
 * @param nextAvail index of the first available entry not yet taken
 */
public record RingLayout(int index, int size, long desc, long avail, long used, long features,
        int nextAvail) {
    /** Largest size of a split queue. */
    public static final int SIZE_MAX = 32768;

    /**
     * Checks what can be checked without memory.
     *
     * @throws ViolationException if no queue can look like this
     */
    public void check() throws ViolationException {
        if (size < 1 || size > SIZE_MAX || Integer.bitCount(size) != 1) {
            throw new ViolationException("queue " + index + " has size " + size
                    + ": not a power of two up to " + SIZE_MAX);
        }
        if ((desc & 15) != 0 || (avail & 1) != 0 || (used & 3) != 0) {
            throw new ViolationException("queue " + index + " is not aligned: descriptors 0x"
                    + Long.toHexString(desc) + ", available 0x" + Long.toHexString(avail)
                    + ", used 0x" + Long.toHexString(used));
        }
        if (nextAvail < 0 || nextAvail > 0xffff) {
            throw new ViolationException("queue " + index + " starts at " + nextAvail);
        }
    }

    /** Bytes of the descriptor table. */
    public long descBytes() {
        return 16L * size;
    }

    /** Bytes of the driver area. */
    public long availBytes() {
        return 6 + 2L * size;
    }

    /** Bytes of the device area. */
    public long usedBytes() {
        return 6 + 8L * size;
    }
}
