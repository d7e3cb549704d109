package io.backplane.virtio.transport;

import io.backplane.aio.AioContext;
import io.backplane.block.graph.BlockGraph;
import java.util.List;
import java.util.Map;

/**
 * A device that is to be made, and where it is to serve.
 *
 * @param id its name, unique among devices and backends
 * @param type the model
 * @param properties the model's properties as a neutral tree: parsed by whichever version of the
 *     model is there when the device is made, and by each successor
 * @param address where guests connect
 * @param graph where to attach its disk, if it has one
 * @param contexts where its queues run: queue {@code i} in context {@code i % size}
 */
public record VirtioPlace(String id, String type, Map<String, ?> properties,
        SocketAddress address, BlockGraph graph, List<AioContext> contexts) {
}
