package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.PollingOptions;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.loop.Loops;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** An export on a memory disk with two I/O threads, and the graph's side of its device. */
final class Server implements AutoCloseable {
    static final long DISK_BYTES = 1 << 20;

    final Path folder;
    final String socket;
    final Loops loops = new Loops(List.of(new EpollPollerFactory())).startMain();
    final MemoryBackend backend;
    final VhostUserExport export;
    BlockDevOps ops;

    Server(int queueCount) throws Exception {
        this(queueCount, 2, true);
    }

    Server(int queueCount, int threadCount, boolean writable) throws Exception {
        folder = Files.createTempDirectory("vhostuser");
        socket = folder.resolve("s").toString();
        backend = new MemoryBackend(loops.main(), DISK_BYTES, true, writable);
        export = inMain(() -> {
            List<AioContext> contexts = new ArrayList<>();
            for (int i = 0; i < threadCount; i++) {
                contexts.add(loops.awaitCreate("io" + i, PollingOptions.OFF).context());
            }
            if (contexts.isEmpty()) {
                contexts.add(loops.main());
            }
            VirtioBlkModel model = new VirtioBlkModel((name, published) -> {
                ops = published;
                return () -> ops = null;
            });
            return new VhostUserExport("disk0", "vhost-user-blk", socket, backend,
                    model.create(new VirtioDeviceRequest("disk0", backend, queueCount, 512,
                            false)), UnixListener.listen(socket, 4), contexts);
        });
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
            backend.inFlight.awaitZero();
            return null;
        });
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
            loops.close();
            Files.deleteIfExists(folder);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
