package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whatever happens while a drain begins: the section holds, nothing is in flight below inside it,
 * and everything goes on after it. Two I/O threads write all the time.
 *
 * <p>The graph is {@code b -> top -> one}, and {@code two} for itself; {@code one} is drained, or
 * everything.
 */
class DrainMatrixTest {
    private enum Event {
        DRIVER_CALLBACK, NESTED, GRAPH_CHANGE, IO_THREAD, JOB, JOB_ERROR, DELETION, DETACH, ATTACH,
        CONTEXT_CHANGE, REPLACE_CHILD
    }

    private enum Scope { ONE, ALL }

    private enum From { COROUTINE, OUTSIDE }

    @TestFactory
    @Rule("D1")
    Stream<DynamicTest> whateverHappensNothingIsInFlightInsideADrain() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Event event : Event.values()) {
            for (Scope scope : Scope.values()) {
                for (From from : From.values()) {
                    tests.add(DynamicTest.dynamicTest(event + ", drain " + scope + ", " + from,
                            () -> Fakes.run(f -> new Round(f, event, scope, from).run())));
                }
            }
        }
        return tests.stream();
    }

    /** One cell of the matrix. */
    private static final class Round {
        private final Fakes f;
        private final Event event;
        private final Scope scope;
        private final From from;
        private final AioContext[] io = new AioContext[2];
        private final Node one;
        private final Node top;
        private final Backend b;
        private final FakeNode disk;
        private volatile boolean stop;
        private StandInJob job;
        private Backend other;
        private DrainedSection inner;

        Round(Fakes f, Event event, Scope scope, From from) throws BlockException {
            this.f = f;
            this.event = event;
            this.scope = scope;
            this.from = from;
            io[0] = f.on.ioThread("io0");
            io[1] = f.on.ioThread("io1");
            one = f.addDisk("one");
            f.addDisk("two");
            top = f.addFilter("top", "one");
            b = f.attach("b", "top");
            disk = f.disk.node("one");
            disk.yields = true;
        }

        void run() throws Exception {
            before();
            long[] sent = new long[2];
            List<CompletableFuture<Void>> load = new ArrayList<>();
            for (int i = 0; i < io.length; i++) {
                int me = i;
                load.add(f.on.start(io[i], () -> {
                    while (!stop) {
                        b.pwritev(me * 4096L, 4096, Fakes.buffer(4096, me), 0, 0);
                        sent[me]++;
                    }
                }));
            }
            f.until(() -> b.stats().writeCount() > 10);
            disk.hold = true;
            f.until(() -> disk.heldCount() >= 2);
            CompletableFuture<DrainedSection> drain = begin();
            f.until(() -> one.quiesceCount() > 0);
            assertFalse(drain.isDone(), "requests are in flight");
            CompletableFuture<Void> happening = f.on.start(f.graph.main, this::happens);
            f.on.settle();
            assertFalse(drain.isDone(), "requests are in flight");
            disk.release();
            f.on.await(drain.thenApply(section -> null));
            inside();
            drain.join().close();
            f.on.await(happening);
            after();
            long before = b.stats().writeCount();
            f.until(() -> b.stats().writeCount() > before + 10);
            stop = true;
            for (CompletableFuture<Void> one : load) {
                f.on.await(one);
            }
            assertEquals(sent[0] + sent[1], b.stats().writeCount(), "a request is lost");
            assertEquals(0, one.quiesceCount());
            assertEquals(0, top.quiesceCount());
            assertEquals(0, b.quiesceCount());
            assertEquals(disk.begins, disk.ends);
            assertTrue(f.graph.drains.sections().isEmpty());
        }

        private CompletableFuture<DrainedSection> begin() {
            CompletableFuture<DrainedSection> begun = new CompletableFuture<>();
            Runnable drain = () -> {
                begun.complete(scope == Scope.ONE ? f.graph.awaitDrained(one)
                        : f.graph.awaitAllDrained());
            };
            if (from == From.COROUTINE) {
                f.graph.main.spawn(drain);
            } else {
                f.graph.main.schedule(() -> {
                    // A callback cannot wait; it starts a coroutine and goes on.
                    assertThrows(IllegalStateException.class, Coroutine::suspend);
                    f.graph.main.spawn(drain);
                });
            }
            return begun;
        }

        private void before() throws Exception {
            switch (event) {
                case DRIVER_CALLBACK -> disk.polls = true;
                case IO_THREAD -> b.awaitMoveTo(io[0]);
                case JOB, JOB_ERROR -> {
                    job = new StandInJob(f, f.attach("job", "one"), io[1]);
                    f.graph.publish("job", job);
                    f.until(() -> job.rounds > 3);
                }
                case DELETION -> f.addFilter("extra", "one");
                case DETACH -> other = f.attach("other", "one");
                default -> { }
            }
        }

        /** Runs in main while the drain waits for the two requests. */
        private void happens() throws Exception {
            switch (event) {
                case DRIVER_CALLBACK -> {
                    assertEquals(1, disk.begins);
                    disk.polls = false;
                    disk.request.notices().quiet();
                }
                case NESTED -> inner = f.graph.awaitDrained(one);
                case GRAPH_CHANGE -> f.addFilter("extra", "one");
                case IO_THREAD -> assertSame(io[0], one.context());
                case JOB -> { }
                case JOB_ERROR -> job.fails = true;
                case DELETION -> f.graph.awaitDelete("extra");
                case DETACH -> other.awaitClose();
                case ATTACH -> other = f.attach("other", "one");
                case CONTEXT_CHANGE -> b.awaitMoveTo(io[1]);
                case REPLACE_CHILD -> replace();
                default -> throw new AssertionError(event);
            }
        }

        private void replace() throws BlockException {
            try (DrainedSection section = f.graph.awaitDrained(top);
                    GraphWriteSection lock = f.graph.lock.awaitWrite();
                    GraphChange change = new GraphChange(f.graph)) {
                change.replace(top.edge("file"), (Node) f.graph.find("two"));
                change.awaitCommit();
                assertTrue(section != null && lock != null);
            }
        }

        private void inside() throws Exception {
            long written = disk.calls.size();
            for (int i = 0; i < 5; i++) {
                assertEquals(0, disk.running.get(), "in flight inside a drain");
                assertTrue(one.quiesceCount() > 0);
                f.on.settle();
            }
            assertEquals(written, disk.calls.size(), "a request passed inside a drain");
            if (event == Event.GRAPH_CHANGE) {
                f.until(() -> f.graph.find("extra") != null);
                assertTrue(((Node) f.graph.find("extra")).quiesceCount() > 0);
            }
            if (event == Event.JOB || event == Event.JOB_ERROR) {
                assertFalse(job.drainedPoll(), "the job has stopped");
            }
            if (event == Event.NESTED) {
                f.until(() -> inner != null); // it may be through after the outer one
                inner.close();
                assertTrue(one.quiesceCount() > 0);
            }
        }

        private void after() throws Exception {
            switch (event) {
                case GRAPH_CHANGE -> f.graph.awaitDelete("extra");
                case JOB -> {
                    long rounds = job.rounds;
                    f.until(() -> job.rounds > rounds);
                    job.awaitEnd();
                }
                case JOB_ERROR -> {
                    f.until(() -> f.graph.findBackend("job") == null);
                    assertEquals("stand-in", job.failure.getMessage());
                }
                case DELETION -> assertNull(f.graph.find("extra"));
                case DETACH -> assertNull(f.graph.findBackend("other"));
                case ATTACH -> f.on.await(f.write(other, 0));
                case CONTEXT_CHANGE -> assertSame(io[1], one.context());
                case REPLACE_CHILD -> assertSame(f.graph.find("two"), top.child("file"));
                default -> { }
            }
        }
    }
}
