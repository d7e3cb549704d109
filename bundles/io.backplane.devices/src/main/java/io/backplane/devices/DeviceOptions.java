package io.backplane.devices;

import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.Union;
import io.backplane.virtio.transport.SocketAddress;
import java.util.List;

/** Arguments of device_add; {@code options} is the record of the device model. */
@Name("DeviceOptions")
@Union(discriminator = "driver")
record DeviceOptions(
        @Option("device model") String driver,
        @Option(value = "name of the device; without one only its path names it",
                optional = true) String id,
        @Option("listening socket that front-ends connect to") SocketAddress addr,
        @Option(value = "I/O thread that all queues run in", optional = true) String iothread,
        @Option(value = "I/O threads that queues are spread over, in turn or as each entry says",
                name = "iothread-vq-mapping", optional = true)
        List<QueueMapping> queueMapping,
        Record options) {

    /** An I/O thread and its queues. */
    @Name("IOThreadVirtQueueMapping")
    record QueueMapping(
            @Option("I/O thread") String iothread,
            @Option(value = "queues that run in it; all entries name theirs, or none does",
                    optional = true) List<Integer> vqs) {
    }
}
