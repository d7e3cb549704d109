package io.backplane.qmp;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.schema.TypeRef;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A command: an OSGi service with the property {@link #COMMAND} = {@link #name}. It is there for
 * monitors, shell, help and query-qmp-schema while its service is.
 */
@ConsumerType
public interface QmpCommand {
    /** The service property that holds the name. */
    String COMMAND = "backplane.qmp.command";

    /**
     * What a command does.
     *
     * @param <A> the record of its arguments
     */
    @FunctionalInterface
    interface Body<A extends Record> {
        /** As {@link QmpCommand#awaitExecute}; {@code arguments} is null if it has none. */
        @GlobalState
        @Suspends
        Object awaitExecute(A arguments) throws QmpException, BlockException;
    }

    /**
     * A command made of its parts; families of commands are lists of these.
     *
     * @param result null: it has none
     */
    @AnyThread
    static <A extends Record> QmpCommand of(String name, String help, Class<A> arguments,
            TypeRef result, Body<A> body) {
        return new CommandOfParts<>(name, help, arguments, result, body);
    }

    /** A command without arguments. */
    @AnyThread
    static QmpCommand query(String name, String help, TypeRef result, Body<Record> body) {
        return new CommandOfParts<>(name, help, null, result, body);
    }

    /** The name users type. */
    @AnyThread
    String name();

    /** What it does, one sentence for help texts. */
    @AnyThread
    default String help() {
        return "";
    }

    /** The record of its arguments; null: it has none. */
    @AnyThread
    default Class<? extends Record> arguments() {
        return null;
    }

    /** The type of its result; null: an empty object. */
    @AnyThread
    default TypeRef result() {
        return null;
    }

    /** Whether it may be executed out of band; {@link #executeOob} then does it. */
    @AnyThread
    default boolean allowsOob() {
        return false;
    }

    /**
     * Does it, in a coroutine of main, one command of a lane at a time.
     *
     * @param arguments an instance of {@link #arguments}, or null
     * @return an instance of {@link #result}: a record, a scalar or a list; null if it has none
     */
    @GlobalState
    @Suspends
    Object awaitExecute(Record arguments, QmpSession session) throws QmpException, BlockException;

    /**
     * Does it out of band: at once, in main, without suspending and without a CoMutex. As
     * {@link #awaitExecute} otherwise.
     */
    @GlobalState
    @NoSuspend
    default Object executeOob(Record arguments, QmpSession session)
            throws QmpException, BlockException {
        throw QmpException.generic("The command " + name() + " does not support OOB");
    }
}
