package io.backplane.export.vhostuser;

import io.backplane.block.BlockException;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportOptions;
import io.backplane.export.ExportRequest;
import io.backplane.virtio.transport.VirtioPlace;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Exports nodes as virtio-blk devices over vhost-user: a device of the type that is called so, with
 * the properties that follow from the export's options.
 */
public final class VhostUserBlkDriver implements ExportDriver {
    private static final String DEVICE_TYPE = "virtio-blk";
    private static final int SERIAL_BYTES_MAX = 20;

    // Immutable
    private final VhostUserTransport transport;

    /** @param transport what makes the devices */
    public VhostUserBlkDriver(VhostUserTransport transport) {
        this.transport = transport;
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
        VirtioPlace place = new VirtioPlace(base.id(), DEVICE_TYPE, properties(base, own),
                own.addr(), request.graph(), request.contexts());
        return new VhostUserExport(transport.awaitServe(place,
                Boolean.TRUE.equals(base.writable()), Boolean.TRUE.equals(base.fixedIothread())),
                type());
    }

    private static Map<String, Object> properties(ExportOptions base, VhostUserBlkOptions own) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("drive", base.nodeName());
        properties.put("serial", serial(base.id()));
        properties.put("share-rw", true);
        if (own.numQueues() != null) {
            properties.put("num-queues", own.numQueues().longValue());
        }
        if (own.logicalBlockSize() != null) {
            properties.put("logical_block_size", own.logicalBlockSize());
        }
        if (Boolean.TRUE.equals(base.writethrough())) {
            properties.put("write-cache", "off");
        }
        return properties;
    }

    /** As much of the id as a serial number holds. */
    private static String serial(String id) {
        int length = Math.min(id.length(), SERIAL_BYTES_MAX);
        while (id.substring(0, length).getBytes(StandardCharsets.UTF_8).length
                > SERIAL_BYTES_MAX) {
            length--;
        }
        return id.substring(0, length);
    }
}
