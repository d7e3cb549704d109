package io.backplane.export.vhostuser;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.virtio.transport.SocketAddress;

/** Options of the export type {@code vhost-user-blk}. */
@Name("BlockExportOptionsVhostUserBlk")
public record VhostUserBlkOptions(
        @Option("listening socket that front-ends connect to") SocketAddress addr,
        @Option(value = "logical block size in bytes, a power of 2 from 512 to 32768"
                + " (default 512)", optional = true, size = true) Long logicalBlockSize,
        @Option(value = "number of request queues (default 1)", optional = true)
        Integer numQueues) {
}
