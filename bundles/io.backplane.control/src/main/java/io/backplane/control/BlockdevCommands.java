package io.backplane.control;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Option;
import java.util.List;

/** blockdev-add, blockdev-del, blockdev-reopen, block_resize. */
final class BlockdevCommands {
    record DeleteArguments(@Option("name of the node") String nodeName) {
    }

    record ReopenArguments(@Option("the nodes' new options") List<BlockdevOptions> options) {
    }

    record ResizeArguments(
            @Option(value = "name of the backend, or", optional = true) String device,
            @Option(value = "name of the node", optional = true) String nodeName,
            @Option(value = "new length in bytes", size = true) long size) {
    }

    private final BlockGraph graph;

    BlockdevCommands(BlockGraph graph) {
        this.graph = graph;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("blockdev-add", "Makes a node of the block graph.",
                        BlockdevOptions.class, null, this::awaitAdd),
                QmpCommand.of("blockdev-del", "Deletes a node that nobody uses.",
                        DeleteArguments.class, null, this::awaitDelete),
                QmpCommand.of("blockdev-reopen", "Changes the options of nodes, all or none.",
                        ReopenArguments.class, null, this::awaitReopen),
                QmpCommand.of("block_resize", "Changes the length of a node.",
                        ResizeArguments.class, null, this::awaitResize));
    }

    @Suspends
    private Object awaitAdd(BlockdevOptions options) throws QmpException, BlockException {
        if (options.nodeName() == null) {
            throw QmpException.generic("'node-name' must be specified for the root node");
        }
        graph.awaitAdd(options);
        return null;
    }

    @Suspends
    private Object awaitDelete(DeleteArguments arguments) throws QmpException, BlockException {
        node(arguments.nodeName());
        graph.awaitDelete(arguments.nodeName());
        return null;
    }

    @Suspends
    private Object awaitReopen(ReopenArguments arguments) throws QmpException, BlockException {
        for (BlockdevOptions options : arguments.options()) {
            if (options.nodeName() == null) {
                throw QmpException.generic("node-name not specified");
            }
            node(options.nodeName());
        }
        graph.awaitReopen(arguments.options());
        return null;
    }

    @Suspends
    private Object awaitResize(ResizeArguments arguments) throws QmpException, BlockException {
        find(graph, arguments.device(), arguments.nodeName())
                .awaitTruncate(arguments.size(), Preallocation.OFF);
        return null;
    }

    private BlockNode node(String name) throws QmpException {
        BlockNode node = graph.find(name);
        if (node == null) {
            throw QmpException.generic("Failed to find node with node-name='" + name + "'");
        }
        return node;
    }

    /** The node that a backend's or a node's name stands for; either may be null. */
    static BlockNode find(BlockGraph graph, String device, String nodeName) throws QmpException {
        if (device != null) {
            for (BlockBackend backend : graph.backends()) {
                if (backend.name().equals(device)) {
                    return graph.find(backend.nodeName());
                }
            }
        }
        BlockNode node = nodeName == null ? null : graph.find(nodeName);
        if (node == null) {
            throw QmpException.generic("Cannot find device='" + (device == null ? "" : device)
                    + "' nor node-name='" + (nodeName == null ? "" : nodeName) + "'");
        }
        return node;
    }
}
