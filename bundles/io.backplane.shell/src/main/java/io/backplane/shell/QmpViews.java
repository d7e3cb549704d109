package io.backplane.shell;

import io.backplane.aio.ContextReport;
import io.backplane.aio.EventLoops;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Json;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;

/** The important queries as tables for people, and any QMP command by name. */
public final class QmpViews {
    private static final long HANGS_NS = 1_000_000_000;
    static final List<String> NAMES =
            List.of("exports", "graph", "iothreads", "jobs", "loops", "nodes", "qmp");

    private final QmpGateway gateway;
    private final EventLoops loops;

    QmpViews(QmpGateway gateway, EventLoops loops) {
        this.gateway = gateway;
        this.loops = loops;
    }

    /** The block nodes. */
    @Descriptor("list the block nodes")
    public void nodes(CommandSession session) throws QmpException, InterruptedException {
        Table table = new Table("node", "driver", "size", "access", "cache", "file");
        for (Map<?, ?> node : query("query-named-block-nodes")) {
            Object image = node.get("image");
            table.row(node.get("node-name"), node.get("drv"),
                    image instanceof Map<?, ?> map ? size(map.get("virtual-size")) : null,
                    Boolean.TRUE.equals(node.get("ro")) ? "ro" : "rw",
                    node.get("cache") instanceof Map<?, ?> cache ? cache(cache) : null,
                    node.get("file"));
        }
        table.print(session.getConsole());
    }

    /** The exports. */
    @Descriptor("list the exports")
    public void exports(CommandSession session) throws QmpException, InterruptedException {
        Table table = new Table("export", "type", "node", "state");
        for (Map<?, ?> export : query("query-block-exports")) {
            table.row(export.get("id"), export.get("type"), export.get("node-name"),
                    Boolean.TRUE.equals(export.get("shutting-down")) ? "stopping" : "serving");
        }
        table.print(session.getConsole());
    }

    /** The I/O threads. */
    @Descriptor("list the I/O threads")
    public void iothreads(CommandSession session) throws QmpException, InterruptedException {
        Table table = new Table("iothread", "thread", "poll-max-ns", "poll-grow", "poll-shrink");
        for (Map<?, ?> thread : query("query-iothreads")) {
            table.row(thread.get("id"), thread.get("thread-id"), thread.get("poll-max-ns"),
                    thread.get("poll-grow"), thread.get("poll-shrink"));
        }
        table.print(session.getConsole());
    }

    /**
     * The event loops. Asked without QMP, so that it answers also when main hangs; a loop that has
     * not finished a turn for long shows its stack.
     */
    @Descriptor("say what each event loop does")
    public void loops(CommandSession session) {
        printLoops(loops.reports(), session.getConsole());
    }

    static void printLoops(List<ContextReport> reports, PrintStream out) {
        Table table = new Table("context", "thread", "by", "phase", "runs", "turns", "prepared",
                "polled", "dispatched", "scheduled", "callbacks", "ready", "suspended");
        for (ContextReport r : reports) {
            table.row(r.name(), r.threadId(), r.mechanism(), r.phase(), r.running(),
                    r.turnCount(), age(r.prepareAgeNs()), age(r.pollAgeNs()),
                    age(r.dispatchAgeNs()), age(r.scheduleAgeNs()), r.pendingBottomHalves(),
                    r.readyCoroutines(), r.suspendedCoroutines());
        }
        table.print(out);
        for (ContextReport r : reports) {
            if (r.phase().equals("dispatching") && r.dispatchAgeNs() > HANGS_NS) {
                out.println(r.name() + " is busy with:");
                r.stack().forEach(line -> out.println("  " + line));
            }
        }
    }

    private static String age(long ageNs) {
        return ageNs < 0 ? "never"
                : String.format(java.util.Locale.ROOT, "%.3f ms", ageNs / 1e6);
    }

    /** The jobs. */
    @Descriptor("list the jobs")
    public void jobs(CommandSession session) throws QmpException, InterruptedException {
        Table table = new Table("job", "type", "status", "progress", "error");
        for (Map<?, ?> job : query("query-jobs")) {
            table.row(job.get("id"), job.get("type"), job.get("status"),
                    job.get("current-progress") + "/" + job.get("total-progress"),
                    job.get("error"));
        }
        table.print(session.getConsole());
    }

    /** The block graph as trees. */
    @Descriptor("draw the block graph")
    public void graph(CommandSession session) throws QmpException, InterruptedException {
        Object graph = gateway.execute("x-debug-query-block-graph", List.of());
        GraphTree.of((Map<?, ?>) graph).print(session.getConsole());
    }

    /** Any command. */
    @Descriptor("execute a QMP command: qmp COMMAND [KEY=VALUE...] or qmp COMMAND 'JSON'")
    public void qmp(CommandSession session, Object... words)
            throws QmpException, InterruptedException {
        if (words.length == 0) {
            throw new UsageException("qmp COMMAND [KEY=VALUE...]");
        }
        List<String> arguments =
                QmpFunction.words(Arrays.asList(words).subList(1, words.length));
        if (arguments.contains("--help")) {
            QmpFunction.run(gateway, words[0].toString(), arguments, session.getConsole());
        } else {
            session.getConsole().println(Json.writePretty(
                    gateway.execute(words[0].toString(), arguments)));
        }
    }

    private List<Map<?, ?>> query(String command) throws QmpException, InterruptedException {
        List<?> entries = (List<?>) gateway.execute(command, List.of());
        return entries.stream().<Map<?, ?>>map(entry -> (Map<?, ?>) entry).toList();
    }

    private static String cache(Map<?, ?> cache) {
        String direct = Boolean.TRUE.equals(cache.get("direct")) ? "direct" : "buffered";
        return Boolean.TRUE.equals(cache.get("no-flush")) ? direct + ",no-flush" : direct;
    }

    private static String size(Object bytes) {
        if (!(bytes instanceof Number number)) {
            return null;
        }
        long value = number.longValue();
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        int unit = 0;
        double scaled = value;
        while (scaled >= 1024 && unit < units.length - 1) {
            scaled /= 1024;
            unit++;
        }
        String text = scaled == Math.rint(scaled) ? Long.toString((long) scaled)
                : String.format(java.util.Locale.ROOT, "%.1f", scaled);
        return text + " " + units[unit];
    }
}
