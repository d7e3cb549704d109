package io.backplane.devices;

import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.virtio.transport.ModelFault;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioPortListener;
import java.util.List;

/** Events about devices: DEVICE_DELETED, and what happens to their models. */
final class DeviceEvents implements VirtioPortListener {
    private static final long INTERVAL_NS = 1_000_000_000L;
    private static final long NS_IN_MS = 1_000_000;

    /** Data of DEVICE_DELETED. */
    @Name("DeviceDeletedData")
    record Deleted(
            @Option(value = "the device", optional = true) String device,
            @Option("its path among objects") String path) {
    }

    /** Data of DEVICE_MODEL_MISSING. */
    @Name("DeviceModelMissingData")
    record Missing(
            @Option("the device, or the export that it serves") String device,
            @Option("its model") String driver,
            @Option("whether its guest waits; else it was disconnected") boolean held,
            @Option("why there is no model") String reason) {
    }

    /** Data of DEVICE_MODEL_RESTORED. */
    @Name("DeviceModelRestoredData")
    record Restored(
            @Option("the device, or the export that it serves") String device,
            @Option("its model") String driver,
            @Option("version of its bundle before") String from,
            @Option("version of its bundle since") String to,
            @Option("how long the guest waited, in nanoseconds") long pauseNs) {
    }

    /** What becomes of a guest whose device has no model. */
    @Name("DeviceFaultAction")
    enum Action {
        /** Its requests wait. */
        HOLD,
        /** It is disconnected. */
        ERROR
    }

    /** Data of DEVICE_FAULT. */
    @Name("DeviceFaultData")
    record Fault(
            @Option("the device, or the export that it serves; it is in quarantine") String id,
            @Option("its model") String type,
            @Option("symbolic name of the model's bundle") String bundle,
            @Option("version of the bundle") String version,
            @Option("class of the exception") String exception,
            @Option("message of the exception") String message,
            @Option("what becomes of its requests") Action action,
            @Option(value = "how long they wait for another version, in milliseconds; without it"
                    + " for ever", optional = true) Long timeoutMs) {
    }

    static final QmpEventType DELETED = QmpEventType.of("DEVICE_DELETED", Deleted.class);
    static final QmpEventType MISSING = new QmpEventType("DEVICE_MODEL_MISSING", Missing.class,
            INTERVAL_NS, data -> ((Missing) data).device());
    static final QmpEventType RESTORED = new QmpEventType("DEVICE_MODEL_RESTORED",
            Restored.class, INTERVAL_NS, data -> ((Restored) data).device());

    static final QmpEventType FAULT = QmpEventType.of("DEVICE_FAULT", Fault.class);

    private final QmpEvents events;

    DeviceEvents(QmpEvents events) {
        this.events = events;
    }

    static List<QmpEventType> types() {
        return List.of(DELETED, MISSING, FAULT, RESTORED);
    }

    void deleted(Devices.Entry entry) {
        events.emit(DELETED, new Deleted(entry.id(), entry.path()));
    }

    @Override
    public void held(VirtioPort port, String reason) {
        events.emit(MISSING, new Missing(port.id(), port.type(), true, reason));
    }

    @Override
    public void gaveUp(VirtioPort port) {
        events.emit(MISSING, new Missing(port.id(), port.type(), false,
                "no model came in time"));
    }

    @Override
    public void failed(VirtioPort port, ModelFault fault) {
        events.emit(FAULT, new Fault(port.id(), port.type(), fault.bundle(), fault.version(),
                fault.exceptionClass(), fault.message(),
                fault.held() ? Action.HOLD : Action.ERROR,
                fault.held() && fault.timeoutNs() >= 0 ? fault.timeoutNs() / NS_IN_MS : null));
    }

    @Override
    public void swapped(VirtioPort port, VirtioPort.Swap swap) {
        events.emit(RESTORED, new Restored(port.id(), port.type(), swap.from(), swap.to(),
                swap.pauseNs()));
    }
}
