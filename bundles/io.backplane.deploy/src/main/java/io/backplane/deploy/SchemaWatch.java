package io.backplane.deploy;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.AnyThread;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells monitors what commands, drivers and devices came and went. What happens within a short
 * time goes into one event: a bundle often brings several, and an update takes and gives.
 */
final class SchemaWatch implements AutoCloseable {
    private static final long GATHER_NS = 200_000_000;

    /** Something with a name that clients can use. */
    @Name("SchemaEntity")
    record Entity(
            @Option("what it is: command, event, block-driver, device, export") String kind,
            @Option("its name") String name,
            @Option("the bundle that brings it") String bundle,
            @Option("the bundle's version") String version) {
    }

    /** Data of the event. */
    @Name("SchemaChangedData")
    record Changed(
            @Option("what is there now") List<Entity> added,
            @Option("what is no longer there") List<Entity> removed) {
    }

    static final QmpEventType EVENT = QmpEventType.of("SCHEMA_CHANGED", Changed.class);

    // Immutable
    private final AioContext main;
    private final QmpEvents events;
    private final AioTimer timer;

    // Global state
    private List<Entity> added = new ArrayList<>();
    private List<Entity> removed = new ArrayList<>();

    SchemaWatch(AioContext main, QmpEvents events) {
        this.main = main;
        this.events = events;
        this.timer = main.newTimer("schema changed", this::tell);
    }

    @AnyThread
    void changed(boolean isAdded, Entity entity) {
        main.schedule(() -> {
            if (added.isEmpty() && removed.isEmpty()) {
                timer.armAt(main.nowNs() + GATHER_NS);
            }
            (isAdded ? added : removed).add(entity);
        });
    }

    private void tell() {
        Changed changed = new Changed(List.copyOf(added), List.copyOf(removed));
        added = new ArrayList<>();
        removed = new ArrayList<>();
        events.emit(EVENT, changed);
    }

    @Override
    public void close() {
        timer.close();
    }
}
