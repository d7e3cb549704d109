package io.backplane.device.virtio.blk;

import io.backplane.block.BlockException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.nio.charset.StandardCharsets;

/** Properties of virtio-blk, spelt as in QEMU. */
@Name("DevicePropertiesVirtioBlk")
public record VirtioBlkOptions(
        @Option("node-name of the disk") String drive,
        @Option(value = "serial number, at most 20 bytes (default none)", optional = true)
        String serial,
        @Option(value = "number of request queues (default 1)", optional = true)
        Integer numQueues,
        @Option(value = "logical block size in bytes, a power of 2 from 512 to 32768"
                + " (default 512)", name = "logical_block_size", optional = true, size = true)
        Long logicalBlockSize,
        @Option(value = "physical block size in bytes, a power of 2 from the logical one to"
                + " 32768 (default: what the node asks for)", name = "physical_block_size",
                optional = true, size = true)
        Long physicalBlockSize,
        @Option(value = "off: each write is stable when it is answered (default on)",
                optional = true)
        OnOffAuto writeCache,
        @Option(value = "whether others may write to the node too (default false)",
                optional = true)
        Boolean shareRw,
        @Option(value = "whether to offer discard (default true)", optional = true)
        Boolean discard,
        @Option(value = "whether to offer write-zeroes (default true)", optional = true)
        Boolean writeZeroes) {
    private static final int BLOCK_BYTES_MIN = 512;
    private static final int BLOCK_BYTES_MAX = 32768;
    private static final int QUEUE_COUNT_MAX = 1024;
    private static final int SERIAL_BYTES_MAX = 20;

    /** A switch that may be left to the device. */
    @Name("OnOffAuto")
    public enum OnOffAuto {
        /** As the device thinks best. */
        AUTO,
        /** On. */
        ON,
        /** Off. */
        OFF
    }

    /** Refuses values that cannot be. */
    void check() throws BlockException {
        blockSize("logical_block_size", blockBytes(), BLOCK_BYTES_MIN);
        if (physicalBlockSize != null) {
            blockSize("physical_block_size", physicalBlockSize, blockBytes());
        }
        if (queueCount() < 1 || queueCount() > QUEUE_COUNT_MAX) {
            throw invalid("num-queues must be between 1 and " + QUEUE_COUNT_MAX + ", but is "
                    + queueCount());
        }
        if (serial != null && serial.getBytes(StandardCharsets.UTF_8).length > SERIAL_BYTES_MAX) {
            throw invalid("serial '" + serial + "' is longer than " + SERIAL_BYTES_MAX
                    + " bytes");
        }
    }

    private static void blockSize(String name, long bytes, long least) throws BlockException {
        if (bytes < least || bytes > BLOCK_BYTES_MAX || Long.bitCount(bytes) != 1) {
            throw invalid(name + " must be a power of 2 between " + least + " and "
                    + BLOCK_BYTES_MAX + ", but is " + bytes);
        }
    }

    private static BlockException invalid(String message) {
        return new BlockException(BlockException.Kind.INVALID, message);
    }

    int queueCount() {
        return numQueues == null ? 1 : numQueues;
    }

    /** Logical block size in bytes. */
    long blockBytes() {
        return logicalBlockSize == null ? BLOCK_BYTES_MIN : logicalBlockSize;
    }

    boolean writeThrough() {
        return writeCache == OnOffAuto.OFF;
    }

    boolean offersDiscard() {
        return !Boolean.FALSE.equals(discard);
    }

    boolean offersWriteZeroes() {
        return !Boolean.FALSE.equals(writeZeroes);
    }
}
