package io.backplane.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

@Rule("G3")
class GraphLockTest {

    @Test
    @Rule("R-CONTEXT-MOVE")
    void readerThatEndsInAnotherContextIsCountedRight() throws Exception {
        Fakes.run(f -> {
            AioContext a = f.on.ioThread("a");
            AioContext b = f.on.ioThread("b");
            GraphLock lock = f.graph.lock;
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                AioContext from = i % 2 == 0 ? a : b;
                AioContext to = i % 3 == 0 ? a : b;
                readers.add(f.on.start(from, () -> {
                    try (GraphReadSection section = lock.awaitRead()) {
                        assertTrue(section != null && !lock.isWriting());
                        Coroutine.awaitMoveTo(to);
                        assertFalse(lock.isWriting());
                    }
                }));
            }
            for (int i = 0; i < 20; i++) {
                try (GraphWriteSection section = lock.awaitWrite()) {
                    assertEquals(0, section == null ? -1 : lock.readers());
                }
                Coroutine.awaitYield();
            }
            for (CompletableFuture<Void> reader : readers) {
                f.on.await(reader);
            }
            assertEquals(0, lock.readers());
        });
    }

    @Test
    void callbacksMayReadWhileTheWriterWaits() throws Exception {
        Fakes.run(f -> {
            AioContext io = f.on.ioThread("io");
            GraphLock lock = f.graph.lock;
            AtomicBoolean goOn = new AtomicBoolean();
            AtomicBoolean reading = new AtomicBoolean();
            CompletableFuture<Void> reader = f.on.start(io, () -> {
                try (GraphReadSection section = lock.awaitRead()) {
                    reading.set(section != null);
                    while (!goOn.get()) {
                        Coroutine.awaitYield();
                    }
                }
            });
            f.until(reading::get);
            CompletableFuture<Void> writer = f.on.start(f.graph.main,
                    () -> lock.awaitWrite().close());
            f.on.settle();
            assertFalse(writer.isDone());
            f.on.await(f.on.start(f.graph.main, () -> lock.awaitRead().close()));
            assertFalse(writer.isDone());
            goOn.set(true);
            f.on.await(writer);
            f.on.await(reader);
        });
    }

    @Test
    void readersThatKeepComingDoNotStarveTheWriter() throws Exception {
        Fakes.run(f -> {
            AioContext a = f.on.ioThread("a");
            AioContext b = f.on.ioThread("b");
            GraphLock lock = f.graph.lock;
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger rounds = new AtomicInteger();
            AtomicInteger inside = new AtomicInteger();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                readers.add(f.on.start(i % 2 == 0 ? a : b, () -> {
                    while (!stop.get()) {
                        try (GraphReadSection section = lock.awaitRead()) {
                            inside.incrementAndGet();
                            assertTrue(section != null && !lock.isWriting());
                            Coroutine.awaitYield(); // overlaps with the next reader
                            inside.decrementAndGet();
                        }
                        rounds.incrementAndGet();
                    }
                }));
            }
            f.until(() -> rounds.get() > 100);
            for (int i = 0; i < 50; i++) {
                try (GraphWriteSection section = lock.awaitWrite()) {
                    assertEquals(0, section == null ? -1 : inside.get());
                }
                int seen = rounds.get();
                f.until(() -> rounds.get() > seen);
            }
            stop.set(true);
            for (CompletableFuture<Void> reader : readers) {
                f.on.await(reader);
            }
        });
    }

    @Test
    void onlyMainWrites() throws Exception {
        Fakes.run(f -> f.on.await(f.on.start(f.on.ioThread("io"), () ->
                assertThrows(IllegalStateException.class, f.graph.lock::awaitWrite))));
    }
}
