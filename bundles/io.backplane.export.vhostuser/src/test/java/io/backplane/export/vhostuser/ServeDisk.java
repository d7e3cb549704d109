package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.PollingOptions;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.threads.EpollPollerFactory;
import io.backplane.hostio.uring.UringPollerFactory;
import io.backplane.loop.Loops;
import java.util.ArrayList;
import java.util.List;

/**
 * Serves a disk without a block layer until it is killed: the cost of transport, rings and device
 * alone. {@code ServeDisk SOCKET null|memory MIB QUEUES IOTHREADS [POLL-NS [epoll]]}.
 */
final class ServeDisk {
    private ServeDisk() {
    }

    public static void main(String[] args) {
        long pollNs = args.length > 5 ? Long.parseLong(args[5]) : 0;
        boolean epoll = args.length > 6;
        Loops loops = new Loops(List.of(epoll ? new EpollPollerFactory()
                : new UringPollerFactory()));
        loops.runMain(() -> serve(args, pollNs, loops));
    }

    private static void serve(String[] args, long pollNs, Loops loops) {
        List<AioContext> contexts = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(args[4]); i++) {
            contexts.add(loops.awaitCreate("io" + i, new PollingOptions(pollNs, 0, 0)).context());
        }
        if (contexts.isEmpty()) {
            contexts.add(AioContext.current());
        }
        MemoryBackend backend = new MemoryBackend(contexts.getFirst(),
                Long.parseLong(args[2]) << 20, args[1].equals("memory"), true);
        try {
            VhostUserTransport transport = new VhostUserTransport(loops.main(), -1);
            transport.add(new VirtioBlkModel((name, ops) -> () -> { }), "test", "1", 1);
            transport.awaitOpen(Server.place(args[0], Integer.parseInt(args[3]), contexts),
                    backend, UnixListener.listen(args[0], 4));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        io.backplane.aio.Coroutine.suspend();
    }
}
