package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.block.graph.DrainedSection;
import java.util.ArrayList;
import java.util.List;

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

    // Global state
    private int allCount;
    private int callBackDepth;

    Drains(Graph graph) {
        this.graph = graph;
    }

    /** Drains one node; see {@link Graph#awaitDrained}. */
    DrainedSection awaitBegin(Node node) {
        AioContext back = enter(node);
        node.quiesceBegin();
        if (back != null) {
            node.inFlight.decrement();
        }
        wait.awaitWhile(node::isBusy);
        return leave(back, node::quiesceEnd);
    }

    /** Drains several nodes together. */
    DrainedSection awaitBegin(List<Node> nodes) {
        check();
        List<Node> held = new ArrayList<>(nodes);
        held.forEach(Node::quiesceBegin);
        wait.awaitWhile(() -> anyBusy(held));
        return leave(null, () -> held.forEach(Node::quiesceEnd));
    }

    /** Drains all nodes, also those that are added while it lasts. */
    DrainedSection awaitBeginAll() {
        check();
        graph.assertMain();
        allCount++;
        graph.nodes.all().forEach(Node::quiesceBegin);
        wait.awaitWhile(() -> anyBusy(graph.nodes.all()));
        return leave(null, this::endAll);
    }

    private void endAll() {
        allCount--;
        graph.nodes.all().forEach(Node::quiesceEnd);
    }

    private static boolean anyBusy(Iterable<Node> nodes) {
        for (Node node : nodes) {
            if (node.isBusy()) {
                return true;
            }
        }
        return false;
    }

    /** A new node takes part in the drains of all nodes that last. */
    void added(Node node) {
        for (int i = 0; i < allCount; i++) {
            node.quiesceBegin();
        }
    }

    /** Goes to main, with the caller counted until main has taken over. */
    private AioContext enter(Node node) {
        AioContext here = AioContext.current();
        if (here.isMain()) {
            check();
            return null;
        }
        node.inFlight.increment();
        Coroutine.awaitMoveTo(graph.main);
        check();
        return here;
    }

    private DrainedSection leave(AioContext back, Runnable end) {
        if (back != null) {
            Coroutine.awaitMoveTo(back);
        }
        return new Section(end);
    }

    private void check() {
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

    private final class Section implements DrainedSection {
        private final Runnable end;
        private boolean ended;

        Section(Runnable end) {
            this.end = end;
        }

        @Override
        public void close() {
            if (ended) {
                throw new IllegalStateException("drained section closed twice");
            }
            ended = true;
            if (graph.main.isCurrent()) {
                end.run();
            } else {
                graph.main.schedule(end);
            }
        }
    }
}
