package io.backplane.loop;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.ContextReport;
import io.backplane.aio.InFlight;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A loop with a thread of its own. */
final class LoopThread implements IoThread {
    // Immutable
    private final Loops loops;
    private final String id;
    private final PollingOptions polling;
    private final EventLoop loop;
    private final Thread thread;
    private final AioWait wait = new AioWait(null);
    private final InFlight users = new InFlight(wait);

    private final CountDownLatch opened = new CountDownLatch(1);

    // Any thread
    private volatile int threadId;
    private volatile boolean started;
    private volatile boolean ended;
    private volatile RuntimeException failure;

    LoopThread(Loops loops, String id, String threadName, PollingOptions polling, EventLoop loop,
            List<PollerFactory> factories) {
        this.loops = loops;
        this.id = id;
        this.polling = polling;
        this.loop = loop;
        this.thread = new Thread(() -> run(factories), threadName);
    }

    private void run(List<PollerFactory> factories) {
        try {
            threadId = kernelThreadId();
            loop.open(factories);
            started = true;
            opened.countDown();
            wait.kick();
            loop.run();
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            ended = true;
            opened.countDown();
            wait.kick();
        }
    }

    private static int kernelThreadId() {
        try {
            return Integer.parseInt(Files.readSymbolicLink(Path.of("/proc/thread-self"))
                    .getFileName().toString());
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }

    void start() {
        thread.start();
    }

    /** Blocks until the loop runs; throws why it does not. Outside contexts. */
    void startAndBlock() {
        thread.start();
        try {
            opened.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Suspends until the loop runs; throws why it does not. */
    void awaitStarted() {
        wait.awaitWhile(() -> !started && !ended);
        if (!started) {
            throw failure;
        }
    }

    void stopAndJoin() {
        loop.requestStop();
        boolean interrupted = false;
        for (;;) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    ContextReport report() {
        return LoopReport.of(loop, thread, threadId);
    }

    EventLoop loop() {
        return loop;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public AioContext context() {
        return loop;
    }

    @Override
    public int threadId() {
        return threadId;
    }

    @Override
    public PollingOptions polling() {
        return polling;
    }

    @Override
    public InFlight users() {
        return users;
    }

    @Override
    public void awaitStop() {
        if (users.count() != 0) {
            throw new IllegalStateException("iothread " + id + " is in use by " + users.count());
        }
        loops.remove(this);
        loop.requestStop();
        wait.awaitWhile(() -> !ended);
    }
}
