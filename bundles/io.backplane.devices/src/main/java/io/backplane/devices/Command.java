package io.backplane.devices;

import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.TypeRef;

/**
 * A command made of its parts.
 *
 * @param arguments the record of its arguments; null: none
 * @param result null: none
 */
record Command<A extends Record>(String name, String help, Class<A> arguments, TypeRef result,
        Body<A> body) implements QmpCommand {

    /** What a command does. */
    @FunctionalInterface
    interface Body<A extends Record> {
        @GlobalState
        @Suspends
        Object awaitExecute(A arguments) throws QmpException, BlockException;
    }

    @Override
    public Object awaitExecute(Record given, QmpSession session)
            throws QmpException, BlockException {
        return body.awaitExecute(arguments == null ? null : arguments.cast(given));
    }
}
