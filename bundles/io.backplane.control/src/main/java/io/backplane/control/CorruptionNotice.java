package io.backplane.control;

import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.GraphListener;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Passes found corruption on as BLOCK_IMAGE_CORRUPTED. */
final class CorruptionNotice implements GraphListener {
    /** Data of the event. */
    @Name("BlockImageCorruptedData")
    record Corrupted(
            @Option("always empty") String device,
            @Option(value = "the node", optional = true) String nodeName,
            @Option("what contradicts what") String msg,
            @Option(value = "where in the image, in bytes", optional = true) Long offset,
            @Option(value = "how much of it, in bytes", optional = true) Long size,
            @Option("whether the node refuses further requests") boolean fatal) {
    }

    static final QmpEventType EVENT =
            QmpEventType.of("BLOCK_IMAGE_CORRUPTED", Corrupted.class);

    private final QmpEvents events;

    CorruptionNotice(QmpEvents events) {
        this.events = events;
    }

    @Override
    public void imageCorrupted(BlockNode node, String message, long offset, long bytes,
            boolean fatal) {
        events.emit(EVENT, new Corrupted("", node.name(), message, offset < 0 ? null : offset,
                bytes < 0 ? null : bytes, fatal));
    }
}
