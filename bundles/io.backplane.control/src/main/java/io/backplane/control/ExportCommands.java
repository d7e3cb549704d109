package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioWait;
import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph;
import io.backplane.export.Export;
import io.backplane.export.ExportDriver;
import io.backplane.export.ExportOptions;
import io.backplane.export.ExportRequest;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** The exports; block-export-add, block-export-del, query-block-exports. Main only. */
final class ExportCommands {
    /** How to treat clients of an export that is to go. */
    @Name("BlockExportRemoveMode")
    enum RemoveMode {
        SAFE, HARD
    }

    record DeleteArguments(
            @Option("the export") String id,
            @Option(value = "safe refuses while a client is connected (default safe)",
                    optional = true) RemoveMode mode) {
    }

    @Name("BlockExportInfo")
    record ExportInfo(
            @Option("the export") String id,
            @Option("its type") String type,
            @Option("the exported node") String nodeName,
            @Option("whether it is going") boolean shuttingDown) {
    }

    /** Data of BLOCK_EXPORT_DELETED. */
    @Name("BlockExportDeletedData")
    record Deleted(@Option("the export") String id) {
    }

    static final QmpEventType DELETED = QmpEventType.of("BLOCK_EXPORT_DELETED", Deleted.class);

    /** An export, or an id that is taken while one is being made. */
    private static final class Entry {
        private final ExportOptions options;
        private final List<IoThread> threads;
        private Export export;
        private boolean going;

        Entry(ExportOptions options, List<IoThread> threads) {
            this.options = options;
            this.threads = threads;
        }
    }

    private final EventLoops loops;
    private final BlockGraph graph;
    private final QmpEvents events;
    private final UntilDone untilDone;
    private final AioWait changed = new AioWait(null);

    // Any thread
    private final ConcurrentSkipListMap<String, ExportDriver> drivers =
            new ConcurrentSkipListMap<>();

    // Main only
    private final Map<String, Entry> exports = new LinkedHashMap<>();
    private final List<ExportOptions> orphans = new ArrayList<>();
    private int changes;

    ExportCommands(EventLoops loops, BlockGraph graph, QmpEvents events, UntilDone untilDone) {
        this.untilDone = untilDone;
        this.loops = loops;
        this.graph = graph;
        this.events = events;
    }

    /** An export type is there; exports that ended with its predecessor come back. */
    void add(ExportDriver driver) {
        drivers.put(driver.type(), driver);
        loops.main().spawn(() -> {
            for (ExportOptions options : List.copyOf(orphans)) {
                if (options.type().equals(driver.type()) && orphans.remove(options)) {
                    awaitReturn(options);
                }
            }
        });
    }

    @Suspends
    private void awaitReturn(ExportOptions options) {
        untilDone.awaitDone("export '" + options.id() + "' comes back", () -> {
            if (!drivers.containsKey(options.type())) {
                orphans.add(options); // its driver has left once more
            } else if (!exports.containsKey(options.id())) {
                awaitAdd(options);
            }
        });
    }

    void remove(ExportDriver driver) {
        drivers.remove(driver.type(), driver);
    }

    SortedMap<String, Class<? extends Record>> branches() {
        SortedMap<String, Class<? extends Record>> types = new TreeMap<>();
        drivers.forEach((type, driver) -> types.put(type, driver.optionsType()));
        return types;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("block-export-add", "Exports a node.", ExportOptions.class, null,
                        options -> {
                            awaitAdd(options);
                            return null;
                        }),
                QmpCommand.of("block-export-del", "Ends an export.", DeleteArguments.class, null,
                        this::awaitDelete),
                QmpCommand.query("query-block-exports", "Lists the exports.",
                        TypeRef.listOf(ExportInfo.class), _ -> exports.values().stream()
                                .filter(e -> e.export != null).map(ExportCommands::info)
                                .toList()));
    }

    /** Makes an export; the running one is returned. */
    @Suspends
    Export awaitAdd(ExportOptions options) throws QmpException, BlockException {
        String id = options.id();
        if (!Identifiers.isWellFormed(id)) {
            throw QmpException.generic("Invalid block export id");
        }
        if (exports.containsKey(id)) {
            throw QmpException.generic("Block export id '" + id + "' is already in use");
        }
        ExportDriver driver = drivers.get(options.type());
        if (driver == null) {
            throw QmpException.generic("Parameter 'type' does not accept value '"
                    + options.type() + "'");
        }
        BlockdevCommands.find(graph, null, options.nodeName());
        Entry entry = new Entry(options, threads(options));
        exports.put(id, entry);
        entry.threads.forEach(thread -> thread.users().increment());
        try {
            entry.export = driver.awaitCreate(new ExportRequest(options, graph,
                    contexts(entry.threads), () -> endedByItself(entry)));
            noteChange();
            return entry.export;
        } finally {
            if (entry.export == null) {
                forget(entry);
            }
        }
    }

    private List<IoThread> threads(ExportOptions options) throws QmpException {
        List<String> ids = switch (options.iothread()) {
            case null -> List.of();
            case ExportOptions.IothreadRef.One one -> List.of(one.id());
            case ExportOptions.IothreadRef.Several several -> several.ids();
        };
        List<IoThread> threads = new ArrayList<>();
        for (String id : ids) {
            IoThread thread = loops.find(id);
            if (thread == null) {
                throw QmpException.generic("iothread \"" + id + "\" not found");
            }
            threads.add(thread);
        }
        return threads;
    }

    private List<AioContext> contexts(List<IoThread> threads) {
        return threads.isEmpty() ? List.of(loops.main())
                : threads.stream().map(IoThread::context).toList();
    }

    @Suspends
    private Object awaitDelete(DeleteArguments arguments) throws QmpException {
        Entry entry = exports.get(arguments.id());
        if (entry == null || entry.export == null) {
            throw QmpException.generic("Export '" + arguments.id() + "' is not found");
        }
        if (entry.going) {
            throw QmpException.generic("Export '" + arguments.id()
                    + "' is already shutting down");
        }
        if (arguments.mode() != RemoveMode.HARD && entry.export.hasClient()) {
            throw QmpException.generic("export '" + arguments.id() + "' still in use: use"
                    + " mode='hard' to force client disconnect");
        }
        awaitClose(entry);
        return null;
    }

    @Suspends
    private void awaitClose(Entry entry) {
        entry.going = true;
        entry.export.awaitClose();
        forget(entry);
        events.emit(DELETED, new Deleted(entry.options.id()));
    }

    private void endedByItself(Entry entry) {
        if (!entry.going && exports.get(entry.options.id()) == entry) {
            entry.going = true;
            loops.main().spawn(() -> awaitClose(entry));
        }
    }

    private void forget(Entry entry) {
        exports.remove(entry.options.id(), entry);
        entry.threads.forEach(thread -> thread.users().decrement());
        noteChange();
    }

    private void noteChange() {
        changes++;
        changed.kick();
    }

    private static ExportInfo info(Entry entry) {
        return new ExportInfo(entry.options.id(), entry.options.type(), entry.options.nodeName(),
                entry.going);
    }

    /** Closes the exports of a type that goes away; they come back with it. */
    @Suspends
    void awaitOrphan(String type) {
        exports.values().stream().filter(e -> e.options.type().equals(type) && !e.going)
                .forEach(e -> orphans.add(e.options));
        awaitCloseAll(type);
    }

    /** Disconnects all clients; {@link #awaitCloseAll} follows. */
    void letGo() {
        exports.values().stream().filter(e -> e.export != null).forEach(e -> e.export.letGo());
    }

    /** Closes the exports of one type, or with null all, the newest first. */
    @Suspends
    void awaitCloseAll(String type) {
        for (;;) {
            List<Entry> left = exports.values().stream()
                    .filter(e -> type == null || e.options.type().equals(type)).toList();
            if (left.isEmpty()) {
                return;
            }
            List<Entry> closable = left.stream().filter(e -> e.export != null && !e.going)
                    .toList();
            if (closable.isEmpty()) {
                int generation = changes;
                changed.awaitWhile(() -> changes == generation);
            } else {
                awaitClose(closable.getLast());
            }
        }
    }
}
