package io.backplane.control;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.DetectZeroes;
import io.backplane.block.ImageInfo;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DriverVersion;
import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.RecordTree;
import io.backplane.schema.TypeRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** query-named-block-nodes, query-block, query-block-drivers. */
final class QueryCommands {
    private static final int DEPTH_MAX = 1000;

    record NodesArguments(
            @Option(value = "leave out the backing images (default false)", optional = true)
            boolean flat) {
    }

    /** A backend as query-block describes it. */
    @Name("BlockInfo")
    record BackendDescription(
            @Option("name of the backend") String device,
            @Option("always unknown") String type,
            @Option("always false") boolean removable,
            @Option("always false") boolean locked,
            @Option(value = "its node", optional = true) NodeDescription inserted) {
    }

    /** A version of a driver. */
    @Name("BlockDriverInfo")
    record DriverInfo(
            @Option("driver") String driver,
            @Option("version of its bundle") String version,
            @Option("symbolic name of its bundle") String bundle,
            @Option("number of its bundle") long bundleId,
            @Option("whether new nodes get it") boolean current,
            @Option("whether it has left its nodes, which wait for a successor") boolean missing,
            @Option("the nodes that have it") List<String> nodes) {
    }

    private final BlockGraph graph;

    QueryCommands(BlockGraph graph) {
        this.graph = graph;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("query-named-block-nodes", "Describes all nodes.",
                        NodesArguments.class, TypeRef.listOf(NodeDescription.class),
                        this::awaitNodes),
                QmpCommand.query("query-block", "Describes what devices and exports hold.",
                        TypeRef.listOf(BackendDescription.class), _ -> awaitBackends()),
                QmpCommand.query("query-block-drivers", "Lists the versions of the block drivers,"
                        + " and which node has which.", TypeRef.listOf(DriverInfo.class),
                        _ -> drivers()));
    }

    /** Those there are, the newest of each name first, and those that nodes wait for. */
    private List<DriverInfo> drivers() {
        Map<DriverVersion, List<String>> nodes = new LinkedHashMap<>();
        List<DriverVersion> there = graph.driverVersions();
        there.forEach(version -> nodes.put(version, new ArrayList<>()));
        for (BlockNode node : graph.nodes()) {
            nodes.computeIfAbsent(node.driverVersion(), _ -> new ArrayList<>()).add(node.name());
        }
        Set<String> seen = new HashSet<>();
        List<DriverInfo> infos = new ArrayList<>();
        nodes.forEach((version, names) -> infos.add(new DriverInfo(version.driver(),
                version.version(), version.bundle(), version.bundleId(),
                seen.add(version.driver()) && there.contains(version),
                !there.contains(version), names)));
        return infos;
    }

    @Suspends
    private Object awaitNodes(NodesArguments arguments) throws BlockException {
        List<NodeDescription> nodes = new ArrayList<>();
        for (BlockNode node : List.copyOf(graph.nodes())) {
            nodes.add(awaitDescribe(node, arguments.flat()));
        }
        return nodes;
    }

    @Suspends
    private Object awaitBackends() throws BlockException {
        List<BackendDescription> backends = new ArrayList<>();
        for (BlockBackend backend : List.copyOf(graph.backends())) {
            BlockNode node = graph.find(backend.nodeName());
            backends.add(new BackendDescription(backend.name(), "unknown", false, false,
                    node == null ? null : awaitDescribe(node, false)));
        }
        return backends;
    }

    @Suspends
    private NodeDescription awaitDescribe(BlockNode node, boolean flat) throws BlockException {
        BlockdevOptions options = node.options();
        ImageInfo info = node.driverNode().imageInfo();
        BlockNode backing = node.child("backing");
        int depth = 0;
        for (BlockNode b = backing; !flat && b != null && depth < DEPTH_MAX;
                b = b.child("backing")) {
            depth++;
        }
        return new NodeDescription(node.filename(), node.name(), node.readOnly(), node.driver(),
                backing != null ? backing.filename() : info.backingFile(), depth,
                info.encrypted(), options.detectZeroes() == null ? DetectZeroes.OFF
                        : options.detectZeroes(),
                0, 0, 0, 0, 0, 0, awaitImage(node, flat ? 0 : DEPTH_MAX),
                new NodeDescription.CacheDescription(true, options.cacheOrDefault().isDirect(),
                        options.cacheOrDefault().isNoFlush()), 0);
    }

    @Suspends
    private ImageDescription awaitImage(BlockNode node, int depth) throws BlockException {
        ImageInfo info = node.driverNode().imageInfo();
        long allocated = node.awaitAllocatedBytes();
        BlockNode backing = node.child("backing");
        return new ImageDescription(node.filename(), node.driver(), info.dirty(),
                allocated < 0 ? null : allocated, node.length(),
                info.clusterBytes() == 0 ? null : (long) info.clusterBytes(),
                info.encrypted() ? Boolean.TRUE : null, info.compressed(), info.backingFile(),
                backing == null ? null : backing.filename(), info.backingFormat(),
                info.snapshots() == null || info.snapshots().isEmpty() ? null : info.snapshots(),
                depth == 0 || backing == null ? null : awaitImage(backing, depth - 1),
                info.formatSpecific() == null ? null : new ImageDescription.FormatSpecific(
                        node.driver(), RecordTree.of(info.formatSpecific())));
    }
}
