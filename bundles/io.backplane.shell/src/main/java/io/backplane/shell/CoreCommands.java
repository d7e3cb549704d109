package io.backplane.shell;

import io.backplane.aio.ContextReport;
import io.backplane.aio.EventLoops;
import io.backplane.qmp.QmpException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.CommandSession;

/** The event loops, and any QMP command by name. */
final class CoreCommands {
    private static final long HANGS_NS = 1_000_000_000;

    private final QmpGateway gateway;
    private final EventLoops loops;

    CoreCommands(QmpGateway gateway, EventLoops loops) {
        this.gateway = gateway;
        this.loops = loops;
    }

    /** All there are. */
    List<OwnCommand> all() {
        return List.of(OwnCommand.of("loops", this::loops),
                new OwnCommand("qmp", "COMMAND [KEY=VALUE...|--KEY VALUE...|'JSON']", this::qmp));
    }

    /**
     * The event loops. Asked without QMP, so that it answers also when main hangs; a loop that has
     * not finished a turn for long shows its stack.
     */
    private void loops(CommandSession session) {
        printLoops(loops.reports(), session.getConsole());
    }

    static void printLoops(List<ContextReport> reports, PrintStream out) {
        Table table = new Table("context", "thread", "by", "phase", "runs", "turns", "prepared",
                "polled", "dispatched", "scheduled", "callbacks", "ready", "suspended");
        for (ContextReport r : reports) {
            table.row(r.name(), r.threadId(), r.mechanism(), r.phase(), r.running(),
                    r.turnCount(), Sizes.age(r.prepareAgeNs()), Sizes.age(r.pollAgeNs()),
                    Sizes.age(r.dispatchAgeNs()), Sizes.age(r.scheduleAgeNs()),
                    r.pendingBottomHalves(), r.readyCoroutines(), r.suspendedCoroutines());
        }
        table.print(out);
        for (ContextReport r : reports) {
            if (r.phase().equals("dispatching") && r.dispatchAgeNs() > HANGS_NS) {
                out.println(r.name() + " is busy with:");
                r.stack().forEach(line -> out.println("  " + line));
            }
        }
    }

    /** Any command; the reply as it is. */
    private void qmp(CommandSession session, List<String> words)
            throws QmpException, InterruptedException {
        if (words.isEmpty()) {
            throw new UsageException("which command? (qmp --help)");
        }
        List<String> arguments = new ArrayList<>(words.subList(1, words.size()));
        if (!arguments.contains("--help") && !arguments.contains("--json")) {
            arguments.add("--json");
        }
        QmpFunction.run(gateway, words.getFirst(), arguments, session.getConsole());
    }
}
