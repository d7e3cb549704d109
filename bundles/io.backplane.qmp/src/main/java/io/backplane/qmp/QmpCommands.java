package io.backplane.qmp;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.schema.Branches;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.osgi.annotation.versioning.ProviderType;

/** The commands there are, and their execution by name; one service. */
@ProviderType
public interface QmpCommands {

    /** The commands there are now, by name. */
    @AnyThread
    SortedMap<String, QmpCommand> commands();

    /** The branches of union types there are now, from all {@link QmpBranches} services. */
    @AnyThread
    Branches branches();

    /** The answer of query-qmp-schema. */
    @AnyThread
    List<Object> schema();

    /**
     * Executes a command after those of the same lane that came first.
     *
     * @param arguments a neutral tree; null: no arguments
     * @return the result as a neutral tree, an empty map if there is none
     * @throws QmpException also if there is no such command, or after {@link #refuse}
     */
    @GlobalState
    @Suspends
    Object awaitExecute(String name, Map<String, ?> arguments, QmpSession session)
            throws QmpException;

    /** As {@link #awaitExecute(String, Map, QmpSession)} with parsed arguments (null: none). */
    @GlobalState
    @Suspends
    Object awaitExecute(String name, Record arguments, QmpSession session) throws QmpException;

    /** Executes a command out of band: at once, in main, without suspending. */
    @GlobalState
    Object executeOob(String name, Map<String, ?> arguments, QmpSession session)
            throws QmpException;

    /** Refuses all commands from now on: the daemon stops. */
    @AnyThread
    void refuse(String reason);
}
