package io.backplane.graph;

import io.backplane.block.backend.BlockDevOps;
import java.util.ArrayList;
import java.util.List;

/** Which BlockDevOps belong to which backend, also before the backend exists. Main. */
final class DevOpsBindings {
    private record Binding(String backend, BlockDevOps ops) {
    }

    // Immutable
    private final Graph graph;

    // Global state
    private final List<Binding> bindings = new ArrayList<>();

    DevOpsBindings(Graph graph) {
        this.graph = graph;
    }

    void add(String backend, BlockDevOps ops) {
        bindings.add(new Binding(backend, ops));
        Backend known = graph.findBackend(backend);
        if (known != null) {
            known.bind(ops);
        }
    }

    void remove(String backend, BlockDevOps ops) {
        bindings.removeIf(b -> b.ops == ops && b.backend.equals(backend));
        Backend known = graph.findBackend(backend);
        if (known != null) {
            known.unbind(ops);
        }
    }

    /** A backend is there: whoever waits for it is attached. */
    void added(Backend backend) {
        for (Binding binding : bindings) {
            if (binding.backend.equals(backend.name())) {
                backend.bind(binding.ops);
            }
        }
    }
}
