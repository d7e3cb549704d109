package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.AioWait;
import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.aio.GraphUnlocked;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/**
 * Drained sections.
 *
 * <p>Beginning one has two steps. <em>Quiesce</em>, at once: a count goes up on the node and
 * through all its parents; backends park what arrives, owners are told to stop. <em>Wait</em>:
 * until neither the node nor anything above it has a request in flight. Requests come from above
 * only, so then nothing is in flight below on the node's account either. Parents that are hung on a
 * drained node are quiesced with it, those taken off are let go ({@link Edge#link}).
 *
 * <p>Nobody nests a loop: the caller is a coroutine and suspends. A drain never begins under the
 * graph's write lock, because what it waits for may be waiting for a reader.
 */
final class Drains {
    // Immutable
    private final Graph graph;
    /** Kicked by every count of requests that falls to zero. */
    final AioWait wait = new AioWait(null);

    // Written in main, read anywhere
    private final List<Section> sections = new CopyOnWriteArrayList<>();

    // Global state
    private long sectionCount;
    private int allCount;
    private int callBackDepth;

    Drains(Graph graph) {
        this.graph = graph;
    }

    /** Drains one node; see {@link Graph#awaitDrained}. */
    @GraphUnlocked
    DrainedSection awaitBegin(Node node, String asker) {
        AioContext back = enter(node);
        node.quiesceBegin();
        if (back != null) {
            node.inFlight.decrement();
        }
        return awaitQuiet(back, asker, List.of(node), node::quiesceEnd);
    }

    /** Drains several nodes together. */
    @GraphUnlocked
    DrainedSection awaitBegin(List<Node> nodes, String asker) {
        check();
        List<Node> held = List.copyOf(nodes);
        held.forEach(Node::quiesceBegin);
        return awaitQuiet(null, asker, held, () -> held.forEach(Node::quiesceEnd));
    }

    /**
     * As {@link #awaitBegin(List, String)}, but gives up.
     *
     * @throws BlockException BUSY if requests are in flight for longer; nothing is drained then
     */
    @GraphUnlocked
    DrainedSection awaitBegin(List<Node> nodes, String asker, long timeoutNs)
            throws BlockException {
        check();
        List<Node> held = List.copyOf(nodes);
        held.forEach(Node::quiesceBegin);
        Section section = new Section(graph, ++sectionCount, asker, held,
                () -> held.forEach(Node::quiesceEnd));
        sections.add(section);
        if (!section.awaitQuiet(timeoutNs)) {
            section.close();
            throw new BlockException(BlockException.Kind.BUSY, "Requests of "
                    + held.stream().map(Node::name).toList() + " are still in flight after "
                    + timeoutNs / 1_000_000 + " ms");
        }
        return section;
    }

    /** Drains all nodes, also those that are added while it lasts. */
    @GraphUnlocked
    DrainedSection awaitBeginAll(String asker) {
        check();
        graph.assertMain();
        allCount++;
        graph.nodes.all().forEach(Node::quiesceBegin);
        return awaitQuiet(null, asker, null, this::endAll);
    }

    private DrainedSection awaitQuiet(AioContext back, String asker, List<Node> nodes,
            Runnable end) {
        Section section = new Section(graph, ++sectionCount, asker, nodes, end);
        sections.add(section);
        boolean quiet = false;
        try {
            section.awaitQuiet();
            quiet = true;
        } finally {
            if (!quiet) {
                section.close(); // somebody failed to say whether it is busy
            }
        }
        if (back != null) {
            Coroutine.awaitMoveTo(back);
        }
        return section;
    }

    private void endAll() {
        allCount--;
        graph.nodes.all().forEach(Node::quiesceEnd);
    }

    /** Waits while {@code busy}, so long at most; returns whether it is over. */
    boolean awaitEnd(BooleanSupplier busy, Awaited reason, long timeoutNs) {
        boolean[] expired = {false};
        try (AioTimer timer = graph.main.newTimer("deadline", () -> {
            expired[0] = true;
            wait.kick();
        })) {
            timer.armAt(graph.main.nowNs() + timeoutNs);
            wait.awaitWhile(() -> !expired[0] && busy.getAsBoolean(), reason);
        }
        return !busy.getAsBoolean();
    }

    /** The sections that wait or hold, oldest first. */
    List<Section> sections() {
        return sections;
    }

    void remove(Section section) {
        sections.remove(section);
    }

    /** A new node takes part in the drains of all nodes that last. */
    void added(Node node) {
        for (int i = 0; i < allCount; i++) {
            node.quiesceBegin();
        }
    }

    /** Goes to main, with the caller counted until main has taken over. */
    private AioContext enter(Node node) {
        AioContext here = Coroutine.current().context();
        if (here.isMain()) {
            check();
            return null;
        }
        node.inFlight.increment();
        Coroutine.awaitMoveTo(graph.main);
        check();
        return here;
    }

    private void check() {
        Coroutine.current(); // refused before anything is counted
        if (callBackDepth > 0) {
            throw new IllegalStateException("drain inside a callback of a drain");
        }
        graph.lock.assertNotWriting();
    }

    /** Runs a notice that must neither wait nor drain. Main. */
    void callBack(Runnable notice) {
        callBackDepth++;
        try {
            notice.run();
        } finally {
            callBackDepth--;
        }
    }
}
