package io.backplane.control;

import io.backplane.aio.GlobalState;
import io.backplane.aio.NoSuspend;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.TypeRef;

/** A query that may be executed out of band. */
record OobQuery(String name, String help, TypeRef result, Answer answer) implements QmpCommand {

    /** Finds the answer at once. */
    @FunctionalInterface
    interface Answer {
        @GlobalState
        @NoSuspend
        Object now();
    }

    @Override
    public boolean allowsOob() {
        return true;
    }

    @Override
    public Object awaitExecute(Record arguments, QmpSession session) {
        return answer.now();
    }

    @Override
    public Object executeOob(Record arguments, QmpSession session) {
        return answer.now();
    }
}
