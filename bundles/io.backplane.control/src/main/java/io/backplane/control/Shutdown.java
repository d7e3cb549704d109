package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** The end of the daemon: said once, as an event, and asked for once. Main only. */
final class Shutdown {
    /** Data of {@link #EVENT}. */
    @Name("ShutdownData")
    record Data(
            @Option("whether the guest asked") boolean guest,
            @Option("why") String reason) {
    }

    static final QmpEventType EVENT = QmpEventType.of("SHUTDOWN", Data.class);

    private final AioContext main;
    private final QmpEvents events;
    private final Runnable stop;
    private boolean asked;
    private boolean announced;

    /** @param stop starts the stop of the daemon and returns at once */
    Shutdown(AioContext main, QmpEvents events, Runnable stop) {
        this.main = main;
        this.events = events;
        this.stop = stop;
    }

    /** Asks for the end; the current command is answered before. */
    void ask(String reason) {
        asked = true;
        main.schedule(() -> {
            announce(reason);
            stop.run();
        });
    }

    boolean isAsked() {
        return asked;
    }

    /** Emits SHUTDOWN, unless it was. */
    void announce(String reason) {
        asked = true;
        if (!announced) {
            announced = true;
            events.emit(EVENT, new Data(false, reason));
        }
    }
}
