package io.backplane.control;

import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.TypeRef;

/** A command made of its parts; families of commands are lists of these. */
final class Command<A extends Record> implements QmpCommand {

    /** What a command does. */
    @FunctionalInterface
    interface Body<A extends Record> {
        @GlobalState
        @Suspends
        Object awaitExecute(A arguments) throws QmpException, BlockException;
    }

    private final String name;
    private final String help;
    private final Class<A> arguments;
    private final TypeRef result;
    private final Body<A> body;

    private Command(String name, String help, Class<A> arguments, TypeRef result, Body<A> body) {
        this.name = name;
        this.help = help;
        this.arguments = arguments;
        this.result = result;
        this.body = body;
    }

    /** A command with arguments; {@code result} null: it has none. */
    static <A extends Record> QmpCommand of(String name, String help, Class<A> arguments,
            TypeRef result, Body<A> body) {
        return new Command<>(name, help, arguments, result, body);
    }

    /** A command without arguments. */
    static QmpCommand query(String name, String help, TypeRef result, Body<Record> body) {
        return new Command<>(name, help, null, result, body);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String help() {
        return help;
    }

    @Override
    public Class<? extends Record> arguments() {
        return arguments;
    }

    @Override
    public TypeRef result() {
        return result;
    }

    @Override
    public Object awaitExecute(Record given, QmpSession session)
            throws QmpException, BlockException {
        return body.awaitExecute(arguments == null ? null : arguments.cast(given));
    }
}
