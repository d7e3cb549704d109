package io.backplane.control;

import io.backplane.block.graph.DriverAbsence;
import io.backplane.block.graph.DriverFault;
import io.backplane.block.graph.GraphListener;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.List;

/**
 * Passes on that nodes lose their driver, that it fails, or that they have one again:
 * DRIVER_MISSING, DRIVER_FAULT, DRIVER_RESTORED.
 */
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

    /** Data of DRIVER_FAULT. */
    @Name("DriverFaultData")
    record Fault(
            @Option("the node, which is in quarantine") String nodeName,
            @Option("its driver") String driver,
            @Option("symbolic name of the driver's bundle") String bundle,
            @Option("version of the bundle") String version,
            @Option("class of the exception") String exception,
            @Option("message of the exception") String message,
            @Option("what becomes of its requests") Action action,
            @Option(value = "how long they wait for another version, in milliseconds",
                    optional = true) Long timeoutMs) {
    }

    static final QmpEventType MISSING = QmpEventType.of("DRIVER_MISSING", Missing.class);
    static final QmpEventType RESTORED = QmpEventType.of("DRIVER_RESTORED", Restored.class);

    static final QmpEventType FAULT = QmpEventType.of("DRIVER_FAULT", Fault.class);

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
    public void driverFailed(DriverFault fault) {
        events.emit(FAULT, new Fault(fault.node(), fault.version().driver(),
                fault.version().bundle(), fault.version().version(), fault.exceptionClass(),
                fault.message(), fault.held() ? Action.HOLD : Action.ERROR,
                fault.held() ? fault.timeoutNs() / NS_IN_MS : null));
    }

    @Override
    public void driverRestored(String driver, List<String> nodes) {
        events.emit(RESTORED, new Restored(driver, nodes));
    }
}
