package io.backplane.control;

import io.backplane.block.graph.DriverAbsence;
import io.backplane.block.graph.GraphListener;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/** Passes on that nodes lose their driver or have one again: DRIVER_MISSING, DRIVER_RESTORED. */
final class DriverNotice implements GraphListener {
    private static final long NS_IN_MS = 1_000_000;

    /** What becomes of the requests of nodes without a driver. */
    @Name("DriverMissingAction")
    enum Action {
        /** They wait. */
        HOLD,
        /** They fail. */
        ERROR
    }

    /** Data of DRIVER_MISSING. */
    @Name("DriverMissingData")
    record Missing(
            @Option("the driver") String driver,
            @Option("nodes without it") List<String> nodes,
            @Option("what becomes of their requests") Action action,
            @Option(value = "how long they wait, in milliseconds", optional = true)
            Long timeoutMs) {
    }

    /** Data of DRIVER_RESTORED. */
    @Name("DriverRestoredData")
    record Restored(
            @Option("the driver") String driver,
            @Option("nodes that work again") List<String> nodes) {
    }

    static final QmpEventType MISSING = QmpEventType.of("DRIVER_MISSING", Missing.class);
    static final QmpEventType RESTORED = QmpEventType.of("DRIVER_RESTORED", Restored.class);

    private final QmpEvents events;

    DriverNotice(QmpEvents events) {
        this.events = events;
    }

    @Override
    public void driverMissing(DriverAbsence absence) {
        boolean held = absence.held();
        events.emit(MISSING, new Missing(absence.driver(), absence.nodes(),
                held ? Action.HOLD : Action.ERROR,
                held ? absence.timeoutNs() / NS_IN_MS : null));
    }

    @Override
    public void driverRestored(String driver, List<String> nodes) {
        events.emit(RESTORED, new Restored(driver, nodes));
    }
}
