package io.backplane.qmp;

import io.backplane.block.BlockException;
import io.backplane.schema.TypeRef;

/** What {@link QmpCommand#of} makes. */
record CommandOfParts<A extends Record>(String name, String help, Class<A> arguments,
        TypeRef result, QmpCommand.Body<A> body) implements QmpCommand {
    @Override
    public Object awaitExecute(Record given, QmpSession session)
            throws QmpException, BlockException {
        return body.awaitExecute(arguments == null ? null : arguments.cast(given));
    }
}
