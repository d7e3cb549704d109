package io.backplane.graph;

import io.backplane.aio.AioWait;
import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Exchanges of drivers: one at a time among nodes that hang together. A driver that never comes
 * back from a freeze or a thaw holds up its own disks, and no others. Main.
 */
final class Exchanges {
    // Immutable
    private final Graph graph;
    private final AioWait wait = new AioWait(null);

    // Written in main, read anywhere
    private final List<Held> taken = new CopyOnWriteArrayList<>();

    Exchanges(Graph graph) {
        this.graph = graph;
    }

    /** The right to exchange drivers of some nodes. */
    final class Held implements AutoCloseable {
        private final Set<Node> nodes;
        private final Coroutine owner = Coroutine.current();

        private Held(Set<Node> nodes) {
            this.nodes = nodes;
        }

        /** Those of them that are open now. */
        List<Node> open() {
            return graph.nodes.open().stream().filter(nodes::contains).toList();
        }

        @Override
        public void close() {
            taken.remove(this);
            wait.kick();
        }
    }

    /** Waits until nothing is exchanged that hangs together with {@code nodes}; so it stays. */
    Held awaitLock(Collection<Node> nodes) {
        Awaited reason = new Turn(List.copyOf(nodes));
        while (isTaken(nodes)) {
            wait.awaitWhile(() -> isTaken(nodes), reason);
        }
        Held held = new Held(Families.together(nodes));
        taken.add(held);
        return held;
    }

    private boolean isTaken(Collection<Node> nodes) {
        if (taken.isEmpty()) {
            return false;
        }
        Set<Node> all = Families.together(nodes);
        return taken.stream().anyMatch(held -> held.nodes.stream().anyMatch(all::contains));
    }

    /** What somebody waits for. */
    private final class Turn implements Awaited {
        private final List<Node> nodes;

        Turn(List<Node> nodes) {
            this.nodes = nodes;
        }

        @Override
        public String describe() {
            return "the exchange of drivers at " + nodes;
        }

        @Override
        public List<Coroutine> blockers() {
            List<Coroutine> owners = new ArrayList<>();
            for (Held held : taken) {
                if (nodes.stream().anyMatch(held.nodes::contains)) {
                    owners.add(held.owner);
                }
            }
            return owners;
        }
    }
}
