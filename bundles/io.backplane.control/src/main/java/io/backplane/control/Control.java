package io.backplane.control;

import io.backplane.aio.AioContext;
import io.backplane.aio.EventLoops;
import io.backplane.aio.IoThread;
import io.backplane.aio.Suspends;
import io.backplane.block.graph.BlockGraph;
import io.backplane.boot.StartupOption;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpBranches;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.StartupHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The storage daemon's commands and what they share: exports, jobs, start and end. */
final class Control {
    private static final Logger LOG = LoggerFactory.getLogger(Control.class);

    // Immutable
    private final EventLoops loops;
    private final BlockGraph graph;
    private final QmpCommands commands;
    private final Shutdown shutdown;
    private final ExportCommands exports;
    private final Jobs jobs;
    private final StartupSequence startup;
    private final List<AutoCloseable> listening;
    private final Watchdog watchdog;
    private final UntilDone untilDone;

    /**
     * @param handlers the handler of a command line option, or null
     * @param drainDeadlineNs age at which a drain that still waits is told of
     * @param stop starts the stop of the daemon and returns at once
     */
    Control(EventLoops loops, BlockGraph graph, QmpCommands commands, QmpEvents events,
            Function<String, StartupHandler> handlers, long drainDeadlineNs, Runnable stop) {
        this.loops = loops;
        this.graph = graph;
        this.commands = commands;
        this.shutdown = new Shutdown(loops.main(), events, stop);
        this.untilDone = new UntilDone(loops.main());
        this.exports = new ExportCommands(loops, graph, events, untilDone);
        this.jobs = JobCommands.jobs(loops.main(), events);
        this.startup = new StartupSequence(commands, handlers,
                new EmbeddedDefault(commands, jobs, handlers,
                        name -> graph.drivers().containsKey(name)));
        this.listening = List.of(graph.listen(new CorruptionNotice(events)),
                graph.listen(new DriverNotice(events)));
        this.watchdog = new Watchdog(loops.main(), graph, events, drainDeadlineNs);
    }

    ExportCommands exports() {
        return exports;
    }

    /** The jobs there are, to be registered. */
    Jobs jobs() {
        return jobs;
    }

    AioContext main() {
        return loops.main();
    }

    /** All commands, to be registered. */
    List<QmpCommand> commands() {
        List<QmpCommand> all = new ArrayList<>();
        all.addAll(GeneralCommands.commands(commands, shutdown));
        all.addAll(new ObjectCommands(loops).commands());
        all.addAll(new BlockdevCommands(graph).commands());
        all.addAll(new CreateCommand(graph, jobs).commands());
        all.addAll(new QueryCommands(graph).commands());
        all.addAll(new StatsCommand(graph).commands());
        all.addAll(new GraphCommand(graph).commands());
        all.addAll(new LoopCommands(loops, graph).commands());
        all.addAll(exports.commands());
        all.addAll(new JobCommands(jobs).commands());
        return all;
    }

    /** The branches of unions, to be registered. */
    List<QmpBranches> branches() {
        return UnionBranches.of(graph, exports);
    }

    /** The kinds of events, to be registered. */
    static List<QmpEventType> eventTypes() {
        return List.of(Shutdown.EVENT, JobCommands.STATUS_CHANGE, ExportCommands.DELETED,
                CorruptionNotice.EVENT, DriverNotice.MISSING, DriverNotice.FAULT,
                DriverNotice.RESTORED,
                Watchdog.DEADLOCK, Watchdog.STALLED);
    }

    /** Executes the command line; returns what to tell the user. */
    @Suspends
    String awaitStart(List<StartupOption> options) throws QmpException {
        return startup.awaitRun(options);
    }

    /** As {@link #awaitStart} after a restart: what fails is tried again until this stops. */
    @Suspends
    String awaitStartAgain(List<StartupOption> options) {
        return startup.awaitRunAgain(options, untilDone);
    }

    /**
     * Ends everything that the commands made: exports, jobs, nodes, I/O threads, in that order.
     *
     * @param daemonEnds whether the whole daemon stops, which is then announced
     */
    @Suspends
    void awaitStop(boolean daemonEnds) {
        if (daemonEnds) {
            shutdown.announce("host-signal");
        }
        untilDone.end();
        exports.letGo(); // before what waits for a driver fails
        graph.endHolds();
        exports.awaitCloseAll(null);
        jobs.awaitAllEnded();
        graph.awaitCloseAll();
        for (IoThread thread : loops.ioThreads()) {
            try {
                thread.awaitStop();
            } catch (IllegalStateException e) {
                LOG.warn("iothread {} stays: {}", thread.id(), e.getMessage());
            }
        }
        watchdog.close();
        for (AutoCloseable listener : listening) {
            try {
                listener.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
