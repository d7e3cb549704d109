package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.aio.GraphUnlocked;
import io.backplane.aio.ShortLock;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The graph lock: readers are coroutines of any context that walk the graph (requests do not: they
 * follow edges that stand still while they are in flight); the writer is a coroutine in main.
 *
 * <p>Readers count themselves in a cell of their context. A reader may end in another context than
 * it began in, so single cells may go below zero and only their sum means anything. A reader
 * counts itself, then looks for a writer; the writer announces itself, then looks at the sum; a
 * full fence between the two on both sides makes sure one sees the other.
 *
 * <p>While the writer waits for readers it is not announced, so that callbacks that run meanwhile
 * may read. Readers that keep coming cannot starve it: of those that come to other contexts while
 * it waits, a bounded number passes, and the rest queue until the writer is through. A holder of a
 * read section must therefore not wait for another coroutine to take one; nor is it reentrant.
 */
final class GraphLock {
    private static final int PASSES = 64;

    // Immutable
    private final AioContext main;
    private final AioWait wait = new AioWait(null);
    private final CoMutex writers = new CoMutex("the graph's write lock");

    private final Awaited endOfWrite = new Awaited() {
        @Override
        public String describe() {
            return "the end of a change of the graph";
        }

        @Override
        public List<Coroutine> blockers() {
            Coroutine now = announced;
            return now == null ? List.of() : List.of(now);
        }
    };
    private final Awaited endOfReads = new Awaited() {
        @Override
        public String describe() {
            return "the readers of the graph";
        }

        @Override
        public List<Coroutine> blockers() {
            return readSections.stream().map(GraphReadSection::reader).filter(Objects::nonNull)
                    .toList();
        }
    };

    // Any thread
    private final ConcurrentHashMap<AioContext, AtomicInteger> cells = new ConcurrentHashMap<>();
    /** The cells in the order they were made, so that a schedule sums them alike each time. */
    private final List<AtomicInteger> counts = new CopyOnWriteArrayList<>();
    private final AtomicInteger passes = new AtomicInteger();
    private final Set<GraphReadSection> readSections = ConcurrentHashMap.newKeySet();
    private volatile boolean hasWriter;
    private volatile boolean writerWaits;

    // Written in main, read racily for diagnosis
    private Coroutine announced;

    // Global state
    private Coroutine writer;

    // Any thread, under guard; never held over a suspension
    private final ShortLock guard = new ShortLock();
    private final ArrayDeque<Coroutine> queue = new ArrayDeque<>();

    GraphLock(AioContext main) {
        this.main = main;
    }

    /** Suspends while the graph is being written. Any context. */
    @GraphUnlocked
    GraphReadSection awaitRead() {
        AioContext here = AioContext.current();
        for (;;) {
            if (mayRead(here)) {
                cell(here).getAndIncrement();
                VarHandle.fullFence();
                if (!hasWriter) {
                    GraphReadSection section =
                            new GraphReadSection(this, Coroutine.currentOrNull());
                    readSections.add(section);
                    return section;
                }
                uncount();
            }
            awaitTurn(here);
        }
    }

    private boolean mayRead(AioContext here) {
        if (hasWriter) {
            return false;
        }
        return !writerWaits || here == main || passes.getAndDecrement() > 0;
    }

    private void awaitTurn(AioContext here) {
        guard.lock();
        try {
            if (!hasWriter && (!writerWaits || here == main)) {
                return;
            }
            queue.add(Coroutine.current());
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(endOfWrite);
    }

    void leave(GraphReadSection section) {
        readSections.remove(section);
        uncount();
    }

    private void uncount() {
        cell(AioContext.current()).getAndDecrement();
        if (writerWaits) {
            wait.kick();
        }
    }

    private AtomicInteger cell(AioContext context) {
        AtomicInteger cell = cells.get(context);
        return cell != null ? cell : cells.computeIfAbsent(context, c -> newCell());
    }

    private AtomicInteger newCell() {
        AtomicInteger made = new AtomicInteger();
        counts.add(made);
        return made;
    }

    /** Readers now; right only for a writer that keeps new ones out. */
    int readers() {
        int sum = 0;
        for (AtomicInteger cell : counts) {
            sum += cell.get();
        }
        return sum;
    }

    /** Suspends until the caller alone may edit the graph. Main. */
    @GraphUnlocked
    GraphWriteSection awaitWrite() {
        if (!main.isCurrent()) {
            throw new IllegalStateException("the graph is written in main only");
        }
        CoMutex.Held held = writers.awaitLock();
        announced = Coroutine.current();
        passes.set(PASSES);
        writerWaits = true;
        do {
            hasWriter = false;
            wakeQueue(main); // those of main that met the announced writer
            wait.awaitWhile(() -> readers() != 0, endOfReads);
            hasWriter = true;
            VarHandle.fullFence();
        } while (readers() != 0);
        writer = Coroutine.current();
        return new GraphWriteSection(this, held);
    }

    void endWrite(CoMutex.Held held) {
        writer = null;
        announced = null;
        hasWriter = false;
        writerWaits = false;
        wakeQueue(null);
        held.close();
    }

    private void wakeQueue(AioContext only) {
        guard.lock();
        try {
            for (int i = queue.size(); i > 0; i--) {
                Coroutine reader = queue.poll();
                if (only == null || reader.context() == only) {
                    reader.wake();
                } else {
                    queue.add(reader);
                }
            }
        } finally {
            guard.unlock();
        }
    }

    /** Whether somebody edits the graph now. */
    boolean isWriting() {
        return hasWriter;
    }

    /** Fails for the writer, who would begin a drain under the lock. Main. */
    void assertNotWriting() {
        if (writer != null && writer == Coroutine.currentOrNull()) {
            throw new IllegalStateException(
                    "drain under the graph lock: drain first, then lock, then edit");
        }
    }
}
