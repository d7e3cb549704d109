package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.FdHandler;
import io.backplane.aio.InFlight;
import io.backplane.block.backend.BlockBackend;
import io.backplane.export.Export;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioHost;
import java.util.ArrayList;
import java.util.List;

/**
 * A virtio device behind a listening socket. Global state: main only. One front-end is served at a
 * time; the next one waits in the socket's backlog.
 */
final class VhostUserExport implements Export, VirtioHost {
    private static final org.slf4j.Logger LOG =
            org.slf4j.LoggerFactory.getLogger(VhostUserExport.class);
    private static final long WARNING_INTERVAL_NS = 1_000_000_000L;

    // Immutable
    private final String id;
    private final String type;
    private final String address;
    private final AioContext main;
    private final BlockBackend backend;
    private final VirtioDevice device;
    private final UnixListener listener;
    private final List<Vring> rings = new ArrayList<>();
    private final InFlight conversations = new InFlight(new AioWait(null));
    private final FdHandler watch;

    // Global state
    private boolean closing;
    private long lastWarningNs;
    private int mutedCount;

    // Global state writes, any thread reads
    private volatile FrontEnd frontEnd;

    /**
     * Takes over device, backend and listener, and starts serving.
     *
     * @param contexts where queues run, in turn
     */
    VhostUserExport(String id, String type, String address, BlockBackend backend,
            VirtioDevice device, UnixListener listener, List<AioContext> contexts) {
        this.id = id;
        this.type = type;
        this.address = address;
        this.main = AioContext.current();
        this.backend = backend;
        this.device = device;
        this.listener = listener;
        this.lastWarningNs = main.nowNs() - WARNING_INTERVAL_NS;
        device.attach(this);
        for (int i = 0; i < device.queueCount(); i++) {
            AioContext home = contexts.get(i % contexts.size());
            rings.add(new Vring(i, device.openQueue(i, home)));
        }
        this.watch = main.watch(listener.fd(), "listen " + address, this::accept, null);
        accept();
    }

    private void accept() {
        if (closing || frontEnd != null) {
            return;
        }
        try {
            UnixSocket socket = listener.accept();
            if (socket != null) {
                frontEnd = new FrontEnd(main, device, rings,
                        new MessageChannel(main, socket, "front-end of " + id));
                conversations.increment();
                main.spawn(this::talk);
            }
        } catch (HostIoException e) {
            warn(e.getMessage());
        }
    }

    private void talk() {
        try {
            String reason = frontEnd.awaitEnd();
            if (reason != null) {
                warn(reason);
            }
        } finally {
            frontEnd = null;
            conversations.decrement();
            accept();
        }
    }

    /** A guest can cause any number of these: one a second is written, with a count. */
    private void warn(String reason) {
        long now = main.nowNs();
        if (now - lastWarningNs < WARNING_INTERVAL_NS) {
            mutedCount++;
            return;
        }
        LOG.warn("export {}: {}{}", id, reason,
                mutedCount == 0 ? "" : " (and " + mutedCount + " more like it)");
        lastWarningNs = now;
        mutedCount = 0;
    }

    @Override
    public void configChanged() {
        FrontEnd connected = frontEnd;
        if (connected != null) {
            connected.configChanged();
        }
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String type() {
        return type;
    }

    @Override
    public String nodeName() {
        return backend.nodeName();
    }

    @Override
    public boolean hasClient() {
        return frontEnd != null;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public void awaitClose() {
        closing = true;
        watch.close();
        listener.close();
        FrontEnd connected = frontEnd;
        if (connected != null) {
            connected.disconnect();
        }
        conversations.awaitZero();
        device.awaitClose();
        backend.awaitClose();
    }
}
