package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.PollingOptions;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.loop.Loops;
import io.backplane.virtio.transport.SocketAddress;
import io.backplane.virtio.transport.VirtioPlace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An export on a memory disk with two I/O threads, and the graph's side of its device. */
final class Server implements AutoCloseable {
    static final long DISK_BYTES = 1 << 20;

    final Path folder;
    final String socket;
    final Loops loops;
    private final boolean ownsLoops;
    final MemoryBackend backend;
    final VhostUserTransport transport;
    final VhostUserPort export;
    final VirtioBlkModel first = model();
    /** Whether the backend is in a drained section, for devices that come in it. */
    volatile boolean drained;
    volatile BlockDevOps ops;

    Server(int queueCount) throws Exception {
        this(queueCount, 2, true);
    }

    Server(int queueCount, int threadCount, boolean writable) throws Exception {
        this(queueCount, threadCount, writable, -1);
    }

    /** One more device in the thread of another's main. */
    Server(Server neighbour) throws Exception {
        this(1, 0, true, -1, neighbour.loops);
    }

    Server(int queueCount, int threadCount, boolean writable, long patienceNs)
            throws Exception {
        this(queueCount, threadCount, writable, patienceNs, null);
    }

    private Server(int queueCount, int threadCount, boolean writable, long patienceNs,
            Loops shared) throws Exception {
        ownsLoops = shared == null;
        loops = ownsLoops ? new Loops(List.of(new EpollPollerFactory())).startMain() : shared;
        folder = Files.createTempDirectory("vhostuser");
        socket = folder.resolve("s").toString();
        backend = new MemoryBackend(loops.main(), DISK_BYTES, true, writable);
        transport = new VhostUserTransport(loops.main(), patienceNs);
        transport.add(first, "test", "1", 1);
        export = inMain(() -> {
            List<AioContext> contexts = new ArrayList<>();
            for (int i = 0; i < threadCount; i++) {
                contexts.add(loops.awaitCreate("io" + i, PollingOptions.OFF).context());
            }
            if (contexts.isEmpty()) {
                contexts.add(loops.main());
            }
            return transport.awaitOpen(place(socket, queueCount, contexts), backend,
                    UnixListener.listen(socket, 4));
        });
    }

    /** The model, whose devices publish to {@link #ops}. */
    VirtioBlkModel model() {
        return new VirtioBlkModel((name, published) -> {
            ops = published;
            if (drained) {
                published.drainedBegin();
            }
            return () -> {
                if (ops == published) {
                    ops = null;
                }
            };
        });
    }

    static VirtioPlace place(String socket, int queueCount, List<AioContext> contexts) {
        return new VirtioPlace("disk0", "virtio-blk",
                Map.of("drive", "node0", "serial", "disk0", "num-queues", (long) queueCount),
                new SocketAddress(SocketAddress.Type.UNIX, socket, null), null, contexts);
    }

    /** Runs in a coroutine of main and waits for the result. */
    <T> T inMain(Callable<T> body) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        loops.main().spawn(() -> {
            try {
                result.complete(body.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result.get(20, TimeUnit.SECONDS);
    }

    /** Runs outside a coroutine in main, as the graph's notices do. */
    void notice(Runnable body) throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loops.main().schedule(() -> {
            try {
                body.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        done.get(20, TimeUnit.SECONDS);
    }

    /** Waits until nothing is in flight and no queue takes requests, as a drain does. */
    void awaitQuiet() throws Exception {
        inMain(() -> {
            do { // whoever is inside may still take a request that comes now
                Coroutine.awaitYield();
                backend.inFlight.awaitZero();
            } while (ops != null && ops.drainedPoll());
            return null;
        });
    }

    /**
     * Waits until every context has turned twice: whatever came before, a kick, a message or the
     * end of a connection, has been seen.
     */
    void awaitTurns() throws Exception {
        List<AioContext> contexts = new ArrayList<>(List.of(loops.main()));
        loops.ioThreads().forEach(thread -> contexts.add(thread.context()));
        for (int i = 0; i < 2; i++) {
            for (AioContext context : contexts) {
                CompletableFuture<Void> turned = new CompletableFuture<>();
                context.schedule(() -> turned.complete(null));
                turned.get(20, TimeUnit.SECONDS);
            }
        }
    }

    @Override
    public void close() {
        try {
            if (!backend.closed) {
                inMain(() -> {
                    export.awaitClose();
                    return null;
                });
            }
            if (ownsLoops) {
                loops.close();
            }
            Files.deleteIfExists(folder);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
