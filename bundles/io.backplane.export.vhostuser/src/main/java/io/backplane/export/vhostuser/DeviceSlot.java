package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.backend.BlockBackend;
import io.backplane.export.vhostuser.ModelSet.Offer;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioHost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/**
 * Where a transport's device sits: the device may be taken out, while everything the guest holds
 * (connection, memory, notifiers, rings) stays, and its successor put in. Global state.
 *
 * <p>States: serving (there is a device), held (there is none; what it left is kept as a
 * {@link StateRecord}), ended. Whoever talks to the device or changes rings holds the lock, so a
 * change of device never falls into a message. While the slot is held, messages wait.
 *
 * <p>Taking out: stop the rings, whose requests in flight are answered first; freeze; close. Putting
 * in: thaw; check that guest and successor still agree; new runners for the rings; start those the
 * front-end wants running, which looks at each ring once by itself, so that no kick can be lost.
 *
 * <p>A device that breaks its contract is taken out without a freeze: its successor begins with
 * what the transport knows, which is the rings, the features agreed on and what the driver has
 * written to configuration space. Requests that met the fault went back to their rings' state as
 * not yet taken, and the successor takes them first.
 */
final class DeviceSlot {
    private static final String STATE_TYPE = "vhost-user-device";
    private static final int STATE_VERSION = 1;
    private static final int CONFIG_BYTES_MAX = 4096;
    /** Messages name a ring by eight bits. */
    private static final int QUEUE_COUNT_MAX = 256;
    private static final int CONFIG_WRITE_COUNT_MAX = 64;
    /** Type of the state of a device that could not say where it stood. */
    private static final String LOST = "lost";

    /** Who has the slot. */
    interface Owner extends VirtioHost {
        /** A device breaks its contract; it is taken out soon. Any thread. */
        void failed(VirtioDevice device, Throwable bug);

        /** As {@link #failed}, and returns when the device is out; the lock is not held. Main. */
        @Suspends
        void awaitFailed(VirtioDevice device, Throwable bug);

        /** Tells operators what a device threw that is out, or will be soon. Main. */
        void report(Offer by, Throwable bug);
    }

    // Immutable
    private final String id;
    private final Map<String, ?> properties;
    private final BlockBackend backend;
    private final Owner owner;
    private final List<AioContext> contexts;
    private final List<Vring> rings = new ArrayList<>();
    private final CoMutex lock = new CoMutex("device");
    private final AioWait changed = new AioWait(null);

    // Global state
    private Offer offer;
    private VirtioDevice device;
    private FrontEnd frontEnd;
    private byte[] state;
    private final Map<Integer, byte[]> configWrites = new LinkedHashMap<>();
    private VirtioDevice halted;
    private boolean ended;
    private int deviceId = -1;

    /**
     * An empty slot.
     *
     * @param backend the device's disk, not owned; null: none
     */
    DeviceSlot(String id, Map<String, ?> properties, BlockBackend backend, Owner owner,
            List<AioContext> contexts) {
        this.id = id;
        this.properties = properties;
        this.backend = backend;
        this.owner = owner;
        this.contexts = contexts;
    }

    /** Properties parsed by a version of the model. */
    static Record options(Offer offer, Map<String, ?> properties) throws BlockException {
        try {
            return new OptionParser(_ -> new TreeMap<>())
                    .parse(offer.model().optionsType(), properties);
        } catch (OptionException e) {
            throw new BlockException(BlockException.Kind.INVALID, e.getMessage(), e);
        }
    }

    /** The model that serves, or served last; null before the first. */
    Offer offer() {
        return offer;
    }

    /** The device; null while there is none. */
    VirtioDevice device() {
        return device;
    }

    boolean isHeld() {
        return device == null && !ended;
    }

    Owner owner() {
        return owner;
    }

    List<Vring> rings() {
        return rings;
    }

    /** Who converses now; null: nobody. */
    void frontEnd(FrontEnd now) {
        frontEnd = now;
    }

    /** Makes sure that {@code next} understands the device's properties. */
    void prepare(Offer next) throws BlockException {
        options(next, properties);
    }

    /** Takes the lock, whether there is a device or not. */
    @Suspends
    CoMutex.Held awaitLock() {
        return lock.awaitLock();
    }

    /** Takes the lock when there is a device, or when {@code unless} is true or the slot ended. */
    @Suspends
    CoMutex.Held awaitServing(BooleanSupplier unless) {
        for (;;) {
            CoMutex.Held held = lock.awaitLock();
            if (device != null || ended || unless.getAsBoolean()) {
                return held;
            }
            held.close();
            changed.awaitWhile(() -> device == null && !ended && !unless.getAsBoolean());
        }
    }

    /** Makes waiters look again. */
    void wake() {
        changed.kick();
    }

    /** Back to the state before any driver; the rings are stopped. The lock is held. */
    void reset() {
        state = null;
        configWrites.clear();
        if (device != null) {
            device.reset();
        }
    }

    /** The same; a device that fails over it is taken out soon. */
    void resetOrFail() {
        try {
            reset();
        } catch (GuardedDevice.Fault fault) {
            owner.failed(fault.device(), fault.getCause());
        }
    }

    /** Writes configuration space; false if the range is not writable. The lock is held. */
    boolean writeConfig(int offset, byte[] from) {
        boolean good = device.writeConfig(offset, from);
        if (good && (configWrites.size() < CONFIG_WRITE_COUNT_MAX
                || configWrites.containsKey(offset))) {
            configWrites.put(offset, from);
        }
        return good;
    }

    /** No ring of {@code failed} takes a request any more; void if it is out. */
    void halt(VirtioDevice failed) {
        if (device == failed && halted != failed) {
            halted = failed;
            rings.forEach(Vring::halt);
        }
    }

    /**
     * Whether requests that have not reached the disk's driver go back to their rings, for whoever
     * starts the rings next. Rings that are being stopped then wait for no driver.
     */
    void retract(boolean on) {
        if (backend != null) {
            backend.retractRequests(on);
        }
    }

    /** Ends for good; the rings are stopped. */
    @Suspends
    void awaitEnd() {
        try (CoMutex.Held _ = lock.awaitLock()) {
            ended = true;
            if (device != null) {
                awaitDiscard(device);
                device = null;
            }
            for (Vring ring : rings) {
                ring.runner(null);
            }
        }
        changed.kick();
    }

    /**
     * Takes the device out. The lock is held. If it cannot say where it stands it is out all the
     * same, and its successor begins with what the transport knows.
     *
     * @param freeze whether to ask it where it stands
     * @return how many requests were waited for
     */
    @Suspends
    int awaitTakeOut(boolean freeze) {
        int waitedFor = 0;
        retract(true);
        try {
            for (Vring ring : rings) {
                waitedFor += ring.awaitStop();
            }
        } finally {
            retract(false);
        }
        VirtioDevice old = device;
        device = null;
        halted = null;
        StateRecord own = StateRecord.empty(LOST);
        try {
            if (freeze) {
                own = old.freeze();
            }
        } catch (GuardedDevice.Fault fault) {
            owner.report(offer, fault.getCause());
        }
        state = record(old, own).encode();
        awaitDiscard(old);
        for (Vring ring : rings) {
            ring.runner(null);
        }
        return waitedFor;
    }

    private StateRecord record(VirtioDevice old, StateRecord own) {
        return StateRecord.builder(STATE_TYPE, STATE_VERSION)
                .number("device-id", deviceId)
                .number("features", frontEnd == null ? 0 : frontEnd.features())
                .bytes("config", readable(old))
                .records("queues", rings.stream().map(Vring::freeze).toList())
                .record("device", own).build();
    }

    /** Configuration space; empty if it cannot be read. */
    private static byte[] readable(VirtioDevice old) {
        try {
            byte[] config = new byte[Math.min(old.configBytes(), CONFIG_BYTES_MAX)];
            old.readConfig(0, config);
            return config;
        } catch (GuardedDevice.Fault fault) {
            return new byte[0];
        }
    }

    @Suspends
    private static void awaitDiscard(VirtioDevice old) {
        try {
            old.awaitClose();
        } catch (GuardedDevice.Fault fault) {
            org.slf4j.LoggerFactory.getLogger(DeviceSlot.class).error("bug: device",
                    fault.getCause());
        }
    }

    /** Puts a device of {@code next} in; on failure the slot is as before. The lock is held. */
    @Suspends
    void awaitPutIn(Offer next) throws BlockException {
        assert device == null && !ended;
        VirtioDevice made = null;
        boolean good = false;
        try {
            VirtioDeviceRequest request =
                    new VirtioDeviceRequest(id, options(next, properties), backend);
            StateRecord before = state == null ? null : StateRecord.decode(state)
                    .requireType(STATE_TYPE, STATE_VERSION);
            StateRecord own = before == null ? null : before.record("device");
            boolean lost = own == null || own.type().equals(LOST);
            made = new GuardedDevice(lost ? next.model().create(request)
                    : next.model().thaw(request, own));
            check(made, next);
            install(made, before);
            if (lost) {
                configWrites.forEach(made::writeConfig);
            }
            good = true;
        } catch (StateException e) {
            throw new BlockException(BlockException.Kind.INVALID, "device '" + id + "': version "
                    + next.version() + " of " + next.type() + ": " + e.getMessage(), e);
        } catch (RuntimeException | Error bug) {
            throw failure("cannot be made by version " + next.version(), bug);
        } finally {
            if (!good && made != null) {
                rings.forEach(ring -> ring.runner(null));
                awaitDiscard(made);
            }
        }
        byte[] known = config();
        state = null;
        device = made;
        offer = next;
        awaitResume(made, known);
        changed.kick();
    }

    private BlockException failure(String what, Throwable bug) {
        Throwable own = bug instanceof GuardedDevice.Fault ? bug.getCause() : bug;
        return new BlockException(BlockException.Kind.IO, "device '" + id + "' " + what + ": "
                + own, own);
    }

    /** A successor must be what the guest has found. */
    private void check(VirtioDevice made, Offer next) throws BlockException {
        if (deviceId < 0) {
            if (made.queueCount() < 1 || made.queueCount() > QUEUE_COUNT_MAX) {
                throw new BlockException(BlockException.Kind.INVALID, "num-queues must be between"
                        + " 1 and " + QUEUE_COUNT_MAX + ", but is " + made.queueCount());
            }
            deviceId = made.deviceId();
            for (int i = 0; i < made.queueCount(); i++) {
                rings.add(new Vring(i));
            }
        }
        long agreed = frontEnd == null ? 0 : frontEnd.features();
        String fault = made.deviceId() != deviceId
                ? "is device type " + made.deviceId() + ", not " + deviceId
                : made.queueCount() != rings.size()
                ? "has " + made.queueCount() + " queues, not " + rings.size()
                : (agreed & ~FrontEnd.offered(made)) != 0 ? "lacks features 0x"
                + Long.toHexString(agreed & ~FrontEnd.offered(made)) + " that the driver uses"
                : null;
        if (fault != null) {
            throw new BlockException(BlockException.Kind.INVALID, "device '" + id + "': version "
                    + next.version() + " of " + next.type() + " " + fault);
        }
    }

    private void install(VirtioDevice made, StateRecord before) throws StateException {
        made.attach(owner);
        List<StateRecord> queues = before == null ? List.of() : before.records("queues");
        for (int i = 0; i < rings.size(); i++) {
            if (i < queues.size()) {
                rings.get(i).thaw(queues.get(i));
            }
            QueueRunner runner = made.openQueue(i, contexts.get(i % contexts.size()));
            runner.faultListener(bug -> owner.failed(made, bug));
            rings.get(i).runner(runner);
        }
        if (frontEnd != null && frontEnd.features() != 0) {
            made.acceptFeatures(frontEnd.features());
        }
    }

    /** What the driver knows of configuration space; null: nothing. */
    private byte[] config() {
        try {
            return state == null ? null : StateRecord.decode(state).bytes("config");
        } catch (StateException e) {
            return null;
        }
    }

    @Suspends
    private void awaitResume(VirtioDevice made, byte[] known) {
        if (frontEnd != null) {
            frontEnd.awaitResume();
        }
        if (known != null && !Arrays.equals(readable(made), known)) {
            owner.configChanged();
        }
    }
}
