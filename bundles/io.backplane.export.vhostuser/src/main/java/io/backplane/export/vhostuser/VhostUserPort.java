package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.AioWait;
import io.backplane.aio.CoMutex;
import io.backplane.aio.FdHandler;
import io.backplane.aio.InFlight;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.export.vhostuser.ModelSet.Offer;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.UnixListener;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.transport.ModelFault;
import io.backplane.virtio.transport.VirtioPort;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtio device behind a listening socket. Global state: main only. One front-end is served at a
 * time; the next one waits in the socket's backlog. Its model may go and come while a front-end is
 * connected: {@link #awaitLeave}, {@link #awaitJoin}. A version of it that breaks its contract is
 * taken out and not tried again by this device: {@link #awaitFailed}.
 */
final class VhostUserPort implements VirtioPort, DeviceSlot.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(VhostUserPort.class);
    private static final long WARNING_INTERVAL_NS = 1_000_000_000L;
    private static final int HISTORY_COUNT_MAX = 200;

    // Immutable
    private final String id;
    private final String type;
    private final String address;
    private final AioContext main;
    private final BlockBackend backend;
    private final DeviceSlot slot;
    private final UnixListener listener;
    private final long patienceNs;
    private final ModelSet models;
    private final VhostUserTransport transport;
    private final InFlight conversations = new InFlight(new AioWait(null));
    private final List<Offer> faulty = new ArrayList<>();
    private final ArrayDeque<Swap> history = new ArrayDeque<>();
    private final AioTimer patience;

    // Global state
    private FdHandler watch;
    private boolean closing;
    private boolean gaveUp;
    private long lastWarningNs;
    private int mutedCount;
    private String versionBefore;
    private long pausedAtNs;
    private int pausedInFlight;

    // Global state writes, any thread reads
    private volatile FrontEnd frontEnd;

    /**
     * A port without a device: nobody is served before {@link #awaitOpen}.
     *
     * @param backend its disk; null: none. It becomes the port's with {@link #awaitOpen}
     * @param listener becomes the port's with {@link #awaitOpen}
     * @param contexts where queues run, in turn
     * @param patienceNs how long a guest waits for a model that left; negative: for ever
     */
    VhostUserPort(String id, String type, Map<String, ?> properties, String address,
            BlockBackend backend, UnixListener listener, List<AioContext> contexts,
            long patienceNs, ModelSet models, VhostUserTransport transport) {
        this.id = id;
        this.type = type;
        this.address = address;
        this.main = AioContext.current();
        this.backend = backend;
        this.slot = new DeviceSlot(id, properties, backend, this, contexts);
        this.listener = listener;
        this.patienceNs = patienceNs;
        this.models = models;
        this.transport = transport;
        this.lastWarningNs = main.nowNs() - WARNING_INTERVAL_NS;
        this.patience = main.newTimer("device " + id + " waits for its model", this::giveUp);
    }

    /** Makes the device and starts serving; on failure nothing has changed. */
    @Suspends
    void awaitOpen(Offer offer) throws BlockException {
        try (CoMutex.Held _ = slot.awaitLock()) {
            slot.awaitPutIn(offer);
        } catch (BlockException e) {
            patience.close();
            throw e;
        }
        if (backend != null) {
            backend.ownerFaultListener(
                    (ops, bug) -> main.spawn(() -> awaitFailed(ops, bug)));
        }
        watch = main.watch(listener.fd(), "listen " + address, this::accept, null);
        accept();
    }

    private void accept() {
        if (closing || gaveUp || frontEnd != null) {
            return;
        }
        try {
            UnixSocket socket = listener.accept();
            if (socket != null) {
                frontEnd = new FrontEnd(main, slot,
                        new MessageChannel(main, socket, "front-end of " + id));
                slot.frontEnd(frontEnd);
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
        LOG.warn("device {}: {}{}", id, reason,
                mutedCount == 0 ? "" : " (and " + mutedCount + " more like it)");
        lastWarningNs = now;
        mutedCount = 0;
    }

    /** The model that serves, or served last. */
    Offer offer() {
        return slot.offer();
    }

    /** The device; null while there is none. */
    VirtioDevice device() {
        return slot.device();
    }

    /** A model leaves: returns when no code of it runs or will run for this device. */
    @Suspends
    void awaitLeave(Offer leaving) {
        try (CoMutex.Held _ = slot.awaitLock()) {
            faulty.remove(leaving);
            if (slot.device() == null || slot.offer() != leaving) {
                return;
            }
            awaitPause(true);
            Offer next = models.newestBut(faulty, type);
            String reason = "version " + leaving.version() + " of " + type + " has left";
            if (next != null) {
                reason = awaitTry(next);
            }
            if (reason != null) {
                hold(reason);
            }
        }
    }

    /** A model is there: takes it if the device waits for one. */
    @Suspends
    void awaitJoin() {
        try (CoMutex.Held _ = slot.awaitLock()) {
            Offer next = models.newestBut(faulty, type);
            if (closing || !slot.isHeld() || next == null) {
                return;
            }
            String fault = awaitTry(next);
            if (fault != null) {
                transport.held(this, fault);
            }
        }
        accept();
    }

    /** Goes on with {@code next}; null, or why that is impossible. */
    @Suspends
    private String awaitTry(Offer next) {
        try {
            awaitGoOn(next);
            return null;
        } catch (BlockException e) {
            LOG.error("{}", e.getMessage(), e);
            return e.getMessage();
        }
    }

    /**
     * Changes to {@code next}; on failure the device goes on as it was. A device that waits for a
     * model has it now.
     *
     * @return the model before; null if it had this one or none
     */
    @Suspends
    Offer awaitSwap(Offer next) throws BlockException {
        try (CoMutex.Held _ = slot.awaitLock()) {
            Offer before = slot.offer();
            if (!closing && slot.isHeld()) {
                awaitGoOn(next);
                return null;
            }
            if (closing || slot.device() == null || before == next) {
                return null;
            }
            slot.prepare(next); // what can fail or take time without a pause
            try {
                awaitPause(true);
                awaitGoOn(next);
            } catch (BlockException e) {
                String fault = awaitTry(before);
                if (fault != null) {
                    hold(fault);
                }
                throw e;
            }
            return before;
        }
    }

    @Suspends
    private void awaitPause(boolean freeze) {
        versionBefore = slot.offer().version();
        pausedAtNs = main.nowNs();
        pausedInFlight = 0;
        pausedInFlight = slot.awaitTakeOut(freeze);
    }

    @Suspends
    private void awaitGoOn(Offer next) throws BlockException {
        slot.awaitPutIn(next);
        patience.disarm();
        gaveUp = false;
        Swap swap = new Swap(versionBefore, next.version(), main.nowNs() - pausedAtNs,
                pausedInFlight);
        if (history.size() == HISTORY_COUNT_MAX) {
            history.removeFirst();
        }
        history.addLast(swap);
        transport.swapped(this, swap);
    }

    private void hold(String reason) {
        LOG.warn("device {} waits: {}", id, reason);
        transport.held(this, reason);
        startPatience();
    }

    private void startPatience() {
        if (patienceNs >= 0) {
            patience.armAt(main.nowNs() + patienceNs);
        }
    }

    @Override
    public void failed(VirtioDevice device, Throwable bug) {
        main.spawn(() -> awaitFailed(device, bug));
    }

    @Override
    public void awaitFailed(VirtioDevice device, Throwable bug) {
        slot.halt(device);
        try (CoMutex.Held _ = slot.awaitLock()) {
            if (slot.device() != device) {
                return;
            }
            Offer by = slot.offer();
            faulty.add(by);
            report(by, bug);
            awaitPause(false);
            Offer next = models.newestBut(faulty, type);
            String fault = next == null || closing ? null : awaitTry(next);
            if (fault != null) {
                transport.held(this, fault);
            }
            if (slot.isHeld()) {
                startPatience();
            }
        }
    }

    /** Who is attached to the disk throws; it is the device, unless it is some other bundle's. */
    @Suspends
    private void awaitFailed(BlockDevOps ops, Throwable bug) {
        VirtioDevice device;
        try (CoMutex.Held _ = slot.awaitLock()) { // it may have been about to be put in
            ClassLoader own = slot.offer().model().getClass().getClassLoader();
            device = ops.getClass().getClassLoader() == own ? slot.device() : null;
        }
        if (device != null) {
            awaitFailed(device, bug);
        }
    }

    @Override
    public void report(Offer by, Throwable bug) {
        LOG.error("bug: device '{}': version {} of {} ({}) failed and is taken out", id,
                by.version(), type, by.bundle(), bug);
        String message = bug.getMessage() == null ? "" : bug.getMessage();
        transport.failed(this, new ModelFault(by.bundle(), by.version(),
                bug.getClass().getName(), message, patienceNs != 0, patienceNs));
    }

    private void giveUp() {
        if (slot.isHeld() && !closing) {
            gaveUp = true;
            FrontEnd connected = frontEnd;
            if (connected != null) {
                connected.disconnect("no model of type " + type + " came in time");
            }
            transport.gaveUp(this);
        }
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
        return backend == null ? null : backend.nodeName();
    }

    @Override
    public boolean hasGuest() {
        return frontEnd != null;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public String modelVersion() {
        return slot.device() == null ? null : slot.offer().version();
    }

    @Override
    public List<Swap> history() {
        return List.copyOf(history);
    }

    /** Serves nobody from now on; {@link #awaitClose} follows. */
    void letGo() {
        closing = true;
        FrontEnd connected = frontEnd;
        if (connected != null) {
            connected.leave();
        }
    }

    @Override
    public void awaitClose() {
        letGo();
        watch.close();
        listener.close();
        conversations.awaitZero();
        slot.awaitEnd();
        patience.close();
        if (backend != null) {
            backend.awaitClose();
        }
        transport.forget(this);
    }
}
