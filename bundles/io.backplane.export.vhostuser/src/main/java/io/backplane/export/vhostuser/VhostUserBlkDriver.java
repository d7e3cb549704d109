package io.backplane.export.vhostuser;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportOptions;
import io.backplane.export.ExportRequest;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;

/** Exports nodes as virtio-blk devices over vhost-user. */
public final class VhostUserBlkDriver implements ExportDriver {
    private static final int BLOCK_BYTES_DEFAULT = 512;
    private static final int QUEUE_COUNT_MAX = 256;

    // Immutable
    private final VirtioDeviceModel model;

    /** @param model the device model that serves the requests */
    public VhostUserBlkDriver(VirtioDeviceModel model) {
        this.model = model;
    }

    @Override
    public String type() {
        return "vhost-user-blk";
    }

    @Override
    public Class<? extends Record> optionsType() {
        return VhostUserBlkOptions.class;
    }

    @Override
    public Export awaitCreate(ExportRequest request) throws BlockException {
        ExportOptions base = request.options();
        VhostUserBlkOptions own = (VhostUserBlkOptions) base.options();
        int queueCount = own.numQueues() == null ? 1 : own.numQueues();
        if (queueCount < 1 || queueCount > QUEUE_COUNT_MAX) { // ring messages name a queue by 8 bits
            throw new BlockException(BlockException.Kind.INVALID, "num-queues must be between 1"
                    + " and " + QUEUE_COUNT_MAX + ", but is " + queueCount);
        }
        UnixListener listener = own.addr().listen();
        BlockBackend backend = null;
        try {
            boolean writable = Boolean.TRUE.equals(base.writable());
            backend = request.graph().awaitAttach(base.id(),
                    new BlockdevRef.ByName(base.nodeName()),
                    new Permissions(writable ? Permissions.READ_WRITE : Permissions.READ,
                            Permissions.ALL),
                    request.contexts().getFirst());
            if (Boolean.TRUE.equals(base.fixedIothread())
                    && backend.context() != request.contexts().getFirst()) {
                throw new BlockException(BlockException.Kind.BUSY, "node " + base.nodeName()
                        + " cannot move to the I/O thread of export " + base.id());
            }
            VirtioDevice device = model.create(new VirtioDeviceRequest(base.id(), backend,
                    queueCount, blockBytes(own), Boolean.TRUE.equals(base.writethrough())));
            return new VhostUserExport(base.id(), type(), own.addr().text(), backend, device,
                    listener, request.contexts());
        } catch (BlockException e) {
            listener.close();
            if (backend != null) {
                backend.awaitClose();
            }
            throw e;
        }
    }

    private static int blockBytes(VhostUserBlkOptions own) throws BlockException {
        if (own.logicalBlockSize() == null) {
            return BLOCK_BYTES_DEFAULT;
        }
        long bytes = own.logicalBlockSize();
        if (bytes != (int) bytes) {
            throw new BlockException(BlockException.Kind.INVALID, "logical-block-size is " + bytes);
        }
        return (int) bytes; // the model knows which are good
    }
}
