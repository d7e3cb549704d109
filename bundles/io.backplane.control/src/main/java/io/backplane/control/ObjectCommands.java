package io.backplane.control;

import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.aio.PollingOptions;
import io.backplane.aio.Suspends;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.List;

/** object-add, object-del, query-iothreads. */
final class ObjectCommands {
    /** A short linger, which pays when requests come in bursts; the loop gives up if it fails. */
    private static final long POLL_MAX_NS = 10_000;

    record DeleteArguments(@Option("name of the object") String id) {
    }

    @Name("IOThreadInfo")
    record IothreadInfo(
            @Option("name of the I/O thread") String id,
            @Option("thread id on the host") long threadId,
            @Option("longest busy polling in nanoseconds") long pollMaxNs,
            @Option("factor by which polling grows") long pollGrow,
            @Option("divisor by which polling shrinks") long pollShrink,
            @Option("always 0") long aioMaxBatch) {
    }

    private final EventLoops loops;

    ObjectCommands(EventLoops loops) {
        this.loops = loops;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("object-add", "Makes an object, such as an I/O thread.",
                        ObjectOptions.class, null, this::awaitAdd),
                QmpCommand.of("object-del", "Deletes an object that nobody uses.",
                        DeleteArguments.class, null, this::awaitDelete),
                QmpCommand.query("query-iothreads", "Lists the I/O threads.",
                        TypeRef.listOf(IothreadInfo.class), _ -> loops.ioThreads().stream()
                                .map(ObjectCommands::info).toList()));
    }

    @Suspends
    private Object awaitAdd(ObjectOptions options) throws QmpException {
        if (!Identifiers.isWellFormed(options.id())) {
            throw QmpException.generic("Parameter 'id' expects an identifier");
        }
        if (loops.find(options.id()) != null) {
            throw QmpException.generic("attempt to add duplicate property '" + options.id()
                    + "' to object (type 'container')");
        }
        ObjectOptions.Iothread thread = (ObjectOptions.Iothread) options.options();
        loops.awaitCreate(options.id(), new PollingOptions(
                checked("poll-max-ns", thread.pollMaxNs(), POLL_MAX_NS, Long.MAX_VALUE),
                (int) checked("poll-grow", thread.pollGrow(), 0, Integer.MAX_VALUE),
                (int) checked("poll-shrink", thread.pollShrink(), 0, Integer.MAX_VALUE)));
        return null;
    }

    private static long checked(String name, Long value, long absent, long max)
            throws QmpException {
        if (value == null) {
            return absent;
        }
        if (value < 0 || value > max) {
            throw QmpException.generic(name + " value must be in range [0, " + max + "]");
        }
        return value;
    }

    @Suspends
    private Object awaitDelete(DeleteArguments arguments) throws QmpException {
        IoThread thread = loops.find(arguments.id());
        if (thread == null) {
            throw QmpException.generic("object '" + arguments.id() + "' not found");
        }
        if (thread.users().count() != 0) {
            throw QmpException.generic("object '" + arguments.id()
                    + "' is in use, can not be deleted");
        }
        thread.awaitStop();
        return null;
    }

    private static IothreadInfo info(IoThread thread) {
        PollingOptions polling = thread.polling();
        return new IothreadInfo(thread.id(), thread.threadId(), polling.maxNs(), polling.grow(),
                polling.shrink(), 0);
    }
}
