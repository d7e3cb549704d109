package io.backplane.device.virtio.blk;

import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioDrive;

/** Makes virtio-blk devices. */
public final class VirtioBlkModel implements VirtioDeviceModel {
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
    public Class<? extends Record> optionsType() {
        return VirtioBlkOptions.class;
    }

    @Override
    public VirtioDrive drive(Record options) {
        VirtioBlkOptions own = (VirtioBlkOptions) options;
        return new VirtioDrive(own.drive(), Boolean.TRUE.equals(own.shareRw()));
    }

    @Override
    public VirtioDevice create(VirtioDeviceRequest request) throws BlockException {
        ((VirtioBlkOptions) request.options()).check();
        return new VirtioBlk(request, publisher);
    }

    @Override
    public VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state)
            throws BlockException, StateException {
        ((VirtioBlkOptions) request.options()).check();
        VirtioBlkState before = VirtioBlkState.of(state);
        VirtioBlk device = new VirtioBlk(request, publisher);
        device.restore(before);
        return device;
    }
}
