package io.backplane.device.virtio.blk;

import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;

/** Makes virtio-blk devices. */
public final class VirtioBlkModel implements VirtioDeviceModel {
    private static final int BLOCK_BYTES_MIN = 512;
    private static final int BLOCK_BYTES_MAX = 32768;
    private static final int QUEUE_COUNT_MAX = 1024;

    // Immutable
    private final BlockDevOpsPublisher publisher;

    /** @param publisher where devices publish what they want to hear from their backends */
    public VirtioBlkModel(BlockDevOpsPublisher publisher) {
        this.publisher = publisher;
    }

    @Override
    public String type() {
        return "virtio-blk";
    }

    @Override
    public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
        int block = request.logicalBlockBytes();
        if (block < BLOCK_BYTES_MIN || block > BLOCK_BYTES_MAX || Integer.bitCount(block) != 1) {
            throw new BlockException(BlockException.Kind.INVALID, "logical-block-size must be a"
                    + " power of 2 between " + BLOCK_BYTES_MIN + " and " + BLOCK_BYTES_MAX
                    + ", but is " + block);
        }
        if (request.queueCount() < 1 || request.queueCount() > QUEUE_COUNT_MAX) {
            throw new BlockException(BlockException.Kind.INVALID, "num-queues must be between 1"
                    + " and " + QUEUE_COUNT_MAX + ", but is " + request.queueCount());
        }
        return new VirtioBlk(request, publisher);
    }
}
