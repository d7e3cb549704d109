package io.backplane.qmp;

import io.backplane.aio.AnyThread;

/** On whose account a command runs: a monitor connection, the shell, the command line. */
public interface QmpSession {

    /** Which commands wait for each other. */
    enum Lane {
        /** Monitor connections: one command in execution over all of them. */
        MONITOR,
        /** The shell and the command line, which do not wait for monitors, nor they for them. */
        OPERATOR
    }

    /** Its name, for the log. */
    @AnyThread
    String name();

    /** Which commands its own wait for. */
    @AnyThread
    Lane lane();

    /** A session of the operator's lane. */
    @AnyThread
    static QmpSession operator(String name) {
        return new QmpSession() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Lane lane() {
                return Lane.OPERATOR;
            }
        };
    }
}
