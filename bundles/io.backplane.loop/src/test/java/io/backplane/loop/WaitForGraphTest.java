package io.backplane.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.CoRwLock;
import io.backplane.aio.Coroutine;
import io.backplane.aio.WaitForGraph;
import io.backplane.rules.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each kind of lock as an edge of the wait-for graph, in a cycle with a mutex. */
@Timeout(60)
@Rule("E6")
class WaitForGraphTest {
    private final CoMutex mutex = new CoMutex("the mutex");
    private boolean stuck = true;

    /** What one coroutine does that has something the holder of the mutex waits for. */
    private interface Half {
        void run() throws Exception;
    }

    private List<String> cycle(Loops loops, Half first, Half second) {
        AioContext main = loops.main();
        for (Half half : List.of(first, second)) {
            main.spawn(() -> {
                try {
                    half.run();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }
        List<WaitForGraph.Cycle> cycles;
        do {
            Coroutine.awaitYield();
            cycles = WaitForGraph.cycles(main.coroutines().registry().busy());
        } while (cycles.isEmpty());
        assertEquals(1, cycles.size());
        assertEquals(2, cycles.getFirst().edges().size());
        return cycles.getFirst().edges();
    }

    private static void assertNames(List<String> edges, String... names) {
        String text = String.join("\n", edges);
        for (String name : names) {
            assertTrue(text.contains("waits for " + name), text);
        }
    }

    private void awaitMutexHolding(AutoCloseable held) throws Exception {
        while (!mutex.isLocked()) {
            Coroutine.awaitYield();
        }
        mutex.awaitLock();
        held.close();
    }

    @Test
    void writerThatWaitsForAReaderIsAnEdge() throws Exception {
        CoRwLock lock = new CoRwLock("the readers-writer lock");
        OnLoops.run("nio", loops -> assertNames(cycle(loops,
                () -> awaitMutexHolding(lock.awaitRead()),
                () -> {
                    mutex.awaitLock();
                    lock.awaitWrite();
                }), "the mutex", "the readers-writer lock"));
    }

    @Test
    void readerThatWaitsForAWriterIsAnEdge() throws Exception {
        CoRwLock lock = new CoRwLock("the readers-writer lock");
        OnLoops.run("nio", loops -> assertNames(cycle(loops,
                () -> awaitMutexHolding(lock.awaitWrite()),
                () -> {
                    mutex.awaitLock();
                    lock.awaitRead();
                }), "the mutex", "the readers-writer lock"));
    }

    @Test
    void queueWhoseWakerIsKnownIsAnEdge() throws Exception {
        CoMutex state = new CoMutex("the state");
        CoQueue queue = new CoQueue(state);
        Coroutine[] waker = new Coroutine[1];
        Awaited reason = new Awaited() {
            @Override
            public String describe() {
                return "what the waker makes";
            }

            @Override
            public List<Coroutine> blockers() {
                return waker[0] == null ? List.of() : List.of(waker[0]);
            }
        };
        OnLoops.run("nio", loops -> assertNames(cycle(loops,
                () -> {
                    waker[0] = Coroutine.current();
                    awaitMutexHolding(() -> { });
                },
                () -> {
                    mutex.awaitLock();
                    state.awaitLock();
                    while (stuck) {
                        queue.awaitWake(reason);
                    }
                }), "the mutex", "what the waker makes"));
    }

    @Test
    void ownersThatHaveGoneAreNoEdges() throws Exception {
        OnLoops.run("nio", loops -> {
            CoRwLock lock = new CoRwLock();
            lock.awaitRead().close();
            CoRwLock.Held read = lock.awaitRead();
            assertEquals(List.of(Coroutine.current()), lock.blockers());
            read.close();
            assertEquals(List.of(), lock.blockers());
            lock.awaitWrite();
            lock.downgrade().close();
            assertEquals(List.of(), lock.blockers());
        });
    }
}
