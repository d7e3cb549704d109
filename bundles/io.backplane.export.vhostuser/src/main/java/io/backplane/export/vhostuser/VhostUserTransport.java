package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.InFlight;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;
import io.backplane.export.vhostuser.ModelSet.Offer;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDrive;
import io.backplane.virtio.transport.ModelFault;
import io.backplane.virtio.transport.VirtioPlace;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioPortListener;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All ports, and how they follow the models that come and go. Global state unless said. */
public final class VhostUserTransport implements VirtioTransport {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserTransport.class);

    // Immutable
    private final AioContext main;
    private final long patienceNs;
    private final ModelSet models = new ModelSet();
    private final InFlight serving = new InFlight(new AioWait(null));

    // Any thread
    private final CopyOnWriteArrayList<VirtioPortListener> listeners =
            new CopyOnWriteArrayList<>();

    // Global state
    private final List<VhostUserPort> ports = new ArrayList<>();

    /** @param patienceNs how long a guest waits for a model that left; negative: for ever */
    public VhostUserTransport(AioContext main, long patienceNs) {
        this.main = main;
        this.patienceNs = patienceNs;
    }

    /**
     * A model is there; devices that wait for one of its type take it soon.
     *
     * @param bundle symbolic name of its bundle, for people
     * @param version of its bundle, for people
     * @param rank the highest serves new devices
     */
    @AnyThread
    public void add(VirtioDeviceModel model, String bundle, String version,
            Comparable<?> rank) {
        models.add(new Offer(model, bundle, version, rank));
        main.spawn(() -> awaitEach(port -> {
            if (port.type().equals(model.type())) {
                port.awaitJoin();
            }
        }));
    }

    /** A model leaves: returns when no device runs its code, nor ever will. */
    @GlobalState
    @Suspends
    public void awaitWithdraw(VirtioDeviceModel model) {
        Offer gone = models.remove(model);
        if (gone != null) {
            serving.awaitZero();
            awaitEach(port -> port.awaitLeave(gone));
        }
    }

    private interface Visit {
        @Suspends
        void await(VhostUserPort port);
    }

    /** Visits all ports at the same time. */
    @Suspends
    private void awaitEach(Visit visit) {
        InFlight visits = new InFlight(new AioWait(null));
        for (VhostUserPort port : List.copyOf(ports)) {
            visits.increment();
            main.spawn(() -> {
                try {
                    visit.await(port);
                } finally {
                    visits.decrement();
                }
            });
        }
        visits.awaitZero();
    }

    @Override
    public SortedMap<String, VirtioDeviceModel> models() {
        return models.newest();
    }

    @Override
    public List<VirtioPort> ports() {
        return List.copyOf(ports);
    }

    void forget(VhostUserPort port) {
        ports.remove(port);
    }

    @Override
    public VirtioPort awaitServe(VirtioPlace place) throws BlockException {
        VirtioDrive drive = drive(place, offer(place.type()));
        if (drive == null) {
            return awaitServe(place, false, false);
        }
        BlockNode node = place.graph().find(drive.nodeName());
        if (node == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND, "Property '" + place.type()
                    + ".drive' can't find value '" + drive.nodeName() + "'");
        }
        return awaitServe(place, !node.readOnly(), false);
    }

    private static VirtioDrive drive(VirtioPlace place, Offer offer) throws BlockException {
        return offer.model().drive(DeviceSlot.options(offer, place.properties()));
    }

    private Offer offer(String type) throws BlockException {
        Offer offer = models.newest(type);
        if (offer == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "there is no device model '" + type + "' now");
        }
        return offer;
    }

    /**
     * Makes a port.
     *
     * @param writable whether its disk, if it has one, is to be written
     * @param fixed whether to fail if the disk cannot move to the first context
     */
    @Suspends
    VhostUserPort awaitServe(VirtioPlace place, boolean writable, boolean fixed)
            throws BlockException {
        serving.increment();
        UnixListener listener = null;
        BlockBackend backend = null;
        VhostUserPort port = null;
        try {
            VirtioDrive drive = drive(place, offer(place.type()));
            listener = Listening.listen(place.address());
            if (drive != null) {
                backend = awaitAttach(place, drive, writable, fixed);
            }
            port = awaitOpen(place, backend, listener);
            return port;
        } finally {
            if (port == null) {
                if (listener != null) {
                    listener.close();
                }
                if (backend != null) {
                    backend.awaitClose();
                }
            }
            serving.decrement();
        }
    }

    /** Makes a port of its parts, which stay the caller's if this fails. */
    @Suspends
    VhostUserPort awaitOpen(VirtioPlace place, BlockBackend backend, UnixListener listener)
            throws BlockException {
        VhostUserPort port = new VhostUserPort(place.id(), place.type(), place.properties(),
                place.address().text(), backend, listener, place.contexts(), patienceNs, models, this);
        port.awaitOpen(offer(place.type()));
        ports.add(port);
        return port;
    }

    @Suspends
    private static BlockBackend awaitAttach(VirtioPlace place, VirtioDrive drive,
            boolean writable, boolean fixed) throws BlockException {
        AioContext first = place.contexts().getFirst();
        int shared = drive.sharesWrites() || !writable ? Permissions.ALL
                : Permissions.ALL & ~BlockPermission.WRITE.bit();
        BlockBackend backend = place.graph().awaitAttach(place.id(),
                new BlockdevRef.ByName(drive.nodeName()),
                new Permissions(writable ? Permissions.READ_WRITE : Permissions.READ, shared),
                first);
        if (fixed && backend.context() != first) {
            backend.awaitClose();
            throw new BlockException(BlockException.Kind.BUSY, "node " + drive.nodeName()
                    + " cannot move to the I/O thread of export " + place.id());
        }
        return backend;
    }

    @Override
    public void awaitRenew(List<VirtioPort> renewed) throws BlockException {
        SequencedMap<VhostUserPort, Offer> done = new LinkedHashMap<>();
        for (VirtioPort each : renewed) {
            VhostUserPort port = (VhostUserPort) each;
            try {
                Offer before = port.awaitSwap(offer(port.type()));
                if (before != null) {
                    done.put(port, before);
                }
            } catch (BlockException e) {
                awaitRevert(done.reversed());
                throw e;
            }
        }
    }

    @Suspends
    private static void awaitRevert(SequencedMap<VhostUserPort, Offer> done) {
        done.forEach((port, before) -> {
            try {
                port.awaitSwap(before);
            } catch (BlockException e) {
                LOG.error("device {} does not go back to version {}", port.id(),
                        before.version(), e);
            }
        });
    }

    @Override
    public AutoCloseable listen(VirtioPortListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void held(VirtioPort port, String reason) {
        listeners.forEach(l -> l.held(port, reason));
    }

    void gaveUp(VirtioPort port) {
        listeners.forEach(l -> l.gaveUp(port));
    }

    void failed(VirtioPort port, ModelFault fault) {
        listeners.forEach(l -> l.failed(port, fault));
    }

    void swapped(VirtioPort port, VirtioPort.Swap swap) {
        listeners.forEach(l -> l.swapped(port, swap));
    }
}
