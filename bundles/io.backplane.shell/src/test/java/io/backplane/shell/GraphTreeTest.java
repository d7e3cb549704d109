package io.backplane.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GraphTreeTest {

    @Test
    void sharedNodeIsDrawnOnce() {
        Map<String, Object> graph = Map.of(
                "nodes", List.of(node(1, "vda", "block-backend"), node(2, "disk", "block-driver"),
                        node(3, "file", "block-driver"), node(4, "other", "block-driver")),
                "edges", List.of(edge(1, 2, "root", List.of("write")),
                        edge(2, 3, "file", List.of()), edge(4, 2, "backing", List.of())));

        assertEquals("""
                vda [export vhost-user-blk]
                `-- root: disk [qcow2 1.2.3] write
                    `-- file: file [block-driver]
                other [block-driver]
                `-- backing: disk [qcow2 1.2.3]
                    `-- (as above)
                """, print(graph));
    }

    private static String print(Map<?, ?> graph) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        GraphTree.of(graph, Map.of("disk", "[qcow2 1.2.3]"),
                Map.of("vda", "[export vhost-user-blk]")).print(new PrintStream(bytes, true));
        return bytes.toString().replace("\r", "");
    }

    private static Map<String, Object> node(long id, String name, String type) {
        return Map.of("id", id, "name", name, "type", type);
    }

    private static Map<String, Object> edge(long parent, long child, String name,
            List<String> permissions) {
        return Map.of("parent", parent, "child", child, "name", name, "perm", permissions,
                "shared-perm", List.of());
    }
}
