package io.backplane.control;

import io.backplane.block.BlockPermission;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.qmp.QmpCommand;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** x-debug-query-block-graph. */
final class GraphCommand {
    /** What a vertex is. */
    @Name("XDbgBlockGraphNodeType")
    enum VertexType {
        BLOCK_BACKEND, BLOCK_JOB, BLOCK_DRIVER
    }

    @Name("XDbgBlockGraphNode")
    record Vertex(
            @Option("number within this answer") long id,
            @Option("what it is") VertexType type,
            @Option("its name") String name) {
    }

    @Name("XDbgBlockGraphEdge")
    record Edge(
            @Option("number of the parent") long parent,
            @Option("number of the child") long child,
            @Option("what the child is to the parent") String name,
            @Option("what the parent does") List<BlockPermission> perm,
            @Option("what it lets others do") List<BlockPermission> sharedPerm) {
    }

    @Name("XDbgBlockGraph")
    record Graph(
            @Option("nodes and backends") List<Vertex> nodes,
            @Option("edges") List<Edge> edges) {
    }

    private final BlockGraph graph;

    GraphCommand(BlockGraph graph) {
        this.graph = graph;
    }

    List<QmpCommand> commands() {
        return List.of(QmpCommand.query("x-debug-query-block-graph",
                "Describes the block graph with its permissions.", TypeRef.of(Graph.class),
                _ -> describe()));
    }

    private Graph describe() {
        Map<String, Long> nodeIds = new HashMap<>();
        Map<String, Long> backendIds = new HashMap<>();
        List<Vertex> vertices = new ArrayList<>();
        for (BlockBackend backend : graph.backends()) {
            long id = vertices.size() + 1L;
            backendIds.put(backend.name(), id);
            vertices.add(new Vertex(id, VertexType.BLOCK_BACKEND, backend.name()));
        }
        for (BlockNode node : graph.nodes()) {
            long id = vertices.size() + 1L;
            nodeIds.put(node.name(), id);
            vertices.add(new Vertex(id, VertexType.BLOCK_DRIVER, node.name()));
        }
        List<Edge> edges = new ArrayList<>();
        for (BlockNode node : graph.nodes()) {
            for (BlockNode.Edge edge : node.parents()) {
                Long parent = (edge.parentIsNode() ? nodeIds : backendIds).get(edge.parent());
                if (parent != null) {
                    edges.add(new Edge(parent, nodeIds.get(node.name()), edge.name(),
                            names(edge.permissions().used()),
                            names(edge.permissions().shared())));
                }
            }
        }
        return new Graph(vertices, edges);
    }

    private static List<BlockPermission> names(int bits) {
        List<BlockPermission> names = new ArrayList<>();
        for (BlockPermission permission : BlockPermission.values()) {
            if ((bits & permission.bit()) != 0) {
                names.add(permission);
            }
        }
        return names;
    }
}
