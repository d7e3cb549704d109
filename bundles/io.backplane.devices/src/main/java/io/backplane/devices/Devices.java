package io.backplane.devices;

import io.backplane.aio.AioWait;
import io.backplane.aio.EventLoops;
import io.backplane.aio.InFlight;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph;
import io.backplane.qmp.QmpException;
import io.backplane.schema.RecordTree;
import io.backplane.virtio.transport.VirtioPlace;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The devices that device_add has made, by path. Main only. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);
    private static final String NAMED = "/machine/peripheral/";
    private static final String ANONYMOUS = "/machine/peripheral-anon/";

    /** A device, or a path that is taken while one is being made. */
    static final class Entry {
        private final String path;
        private final DeviceOptions options;
        private final DeviceContexts contexts;
        private VirtioPort port;
        private boolean going;

        Entry(String path, DeviceOptions options, DeviceContexts contexts) {
            this.path = path;
            this.options = options;
            this.contexts = contexts;
        }

        /** Its place among objects. */
        String path() {
            return path;
        }

        /** The name it was given; null: none. */
        String id() {
            return options.id();
        }

        VirtioPort port() {
            return port;
        }
    }

    // Immutable
    private final EventLoops loops;
    private final BlockGraph graph;
    private final Consumer<Entry> deleted;
    private final InFlight work = new InFlight(new AioWait(null));

    // Global state
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<DeviceOptions> orphans = new ArrayList<>();
    private VirtioTransport transport;
    private long anonymousCount;

    /** @param deleted told of each device that is gone */
    Devices(EventLoops loops, BlockGraph graph, Consumer<Entry> deleted) {
        this.loops = loops;
        this.graph = graph;
        this.deleted = deleted;
    }

    /** A transport is there; devices that ended with its predecessor come back. */
    @Suspends
    void awaitTransport(VirtioTransport now) {
        transport = now;
        for (DeviceOptions options : List.copyOf(orphans)) {
            orphans.remove(options);
            try {
                awaitAdd(options);
            } catch (QmpException | BlockException e) {
                LOG.warn("device '{}' does not come back: {}", options.id(), e.getMessage());
            }
        }
    }

    /** The transport goes; its devices come back with the next one. */
    @Suspends
    void awaitNoTransport(VirtioTransport gone) {
        if (transport == gone) {
            transport = null;
            entries.values().stream().filter(e -> !e.going).forEach(e -> orphans.add(e.options));
            awaitCloseAll();
        }
    }

    /** The transport there is; null: none. */
    VirtioTransport transport() {
        return transport;
    }

    /** The entry whose port it is; null: it was not made here. */
    Entry entry(VirtioPort port) {
        for (Entry entry : entries.values()) {
            if (entry.port == port) {
                return entry;
            }
        }
        return null;
    }

    /** Makes a device; when this throws nothing of it is left. */
    @Suspends
    void awaitAdd(DeviceOptions options) throws QmpException, BlockException {
        String id = options.id();
        if (id != null && !isWellFormed(id)) {
            throw QmpException.generic("Parameter 'id' expects an identifier");
        }
        String path = id != null ? NAMED + id : ANONYMOUS + "device[" + anonymousCount++ + "]";
        if (entries.containsKey(path)) {
            throw QmpException.generic("Duplicate device ID '" + id + "'");
        }
        if (transport == null) {
            throw QmpException.generic("there is no transport for devices now");
        }
        Entry entry = new Entry(path, options, DeviceContexts.of(options, loops));
        entries.put(path, entry);
        entry.contexts.threads().forEach(thread -> thread.users().increment());
        work.increment();
        try {
            entry.port = transport.awaitServe(new VirtioPlace(id != null ? id : path,
                    options.driver(), RecordTree.of(options.options()), options.addr(), graph,
                    entry.contexts.contexts()));
        } finally {
            if (entry.port == null) {
                forget(entry);
            }
            work.decrement();
        }
    }

    /** Starts the end of a device. */
    void delete(String idOrPath) throws QmpException {
        Entry entry = entries.get(idOrPath.startsWith("/") ? idOrPath : NAMED + idOrPath);
        if (entry == null || entry.port == null) {
            throw new QmpException(QmpException.ErrorClass.DEVICE_NOT_FOUND,
                    "Device '" + idOrPath + "' not found");
        }
        if (entry.going) {
            throw QmpException.generic("Device " + idOrPath
                    + " is already in the process of unplug");
        }
        startClose(entry);
    }

    private void startClose(Entry entry) {
        entry.going = true;
        work.increment();
        loops.main().spawn(() -> {
            try {
                entry.port.awaitClose();
                forget(entry);
                deleted.accept(entry);
            } finally {
                work.decrement();
            }
        });
    }

    private void forget(Entry entry) {
        entries.remove(entry.path, entry);
        entry.contexts.threads().forEach(thread -> thread.users().decrement());
    }

    /** Ends all devices, those that are being made too. */
    @Suspends
    void awaitCloseAll() {
        do {
            for (Entry entry : List.copyOf(entries.values())) {
                if (entry.port != null && !entry.going) {
                    startClose(entry);
                }
            }
            work.awaitZero();
        } while (!entries.isEmpty());
    }

    /** QEMU's rule for identifiers. */
    private static boolean isWellFormed(String id) {
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            boolean follows = c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_';
            if (!letter && (i == 0 || !follows)) {
                return false;
            }
        }
        return !id.isEmpty();
    }
}
