package io.backplane.monitor;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.qmp.QmpBranches;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpException.ErrorClass;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.Branches;
import io.backplane.schema.Introspection;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import io.backplane.schema.RecordTree;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Executes commands by name; knows what bundles have registered. */
public final class Dispatcher implements QmpCommands {
    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    // Immutable
    private final CoMutex monitorLane = new CoMutex("the commands of monitors");
    private final CoMutex operatorLane = new CoMutex("the commands of operators");
    private final Branches branches = this::branchesOf;
    private final OptionParser parser = new OptionParser(branches);

    // Any thread
    private final ConcurrentSkipListMap<String, QmpCommand> commands =
            new ConcurrentSkipListMap<>();
    private final CopyOnWriteArrayList<QmpBranches> unions = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<QmpEventType> events = new CopyOnWriteArrayList<>();
    private volatile String refusal;

    /** None registered yet but qmp_capabilities. */
    public Dispatcher() {
        add(new CapabilitiesCommand());
    }

    /** Registers a command. */
    public void add(QmpCommand command) {
        QmpCommand before = commands.putIfAbsent(command.name(), command);
        if (before != null) {
            LOG.error("bug: command {} of {} is there already, from {}", command.name(),
                    command.getClass().getName(), before.getClass().getName());
        }
    }

    /** Takes a command back; one in execution goes on. */
    public void remove(QmpCommand command) {
        commands.remove(command.name(), command);
    }

    /** Registers branches. */
    public void add(QmpBranches union) {
        unions.add(union);
    }

    /** Takes branches back. */
    public void remove(QmpBranches union) {
        unions.remove(union);
    }

    /** Registers a kind of events for the schema. */
    public void add(QmpEventType event) {
        events.add(event);
    }

    /** Takes a kind of events back. */
    public void remove(QmpEventType event) {
        events.remove(event);
    }

    @Override
    public SortedMap<String, QmpCommand> commands() {
        return Collections.unmodifiableSortedMap(commands);
    }

    @Override
    public Branches branches() {
        return branches;
    }

    private SortedMap<String, Class<? extends Record>> branchesOf(Class<? extends Record> union) {
        SortedMap<String, Class<? extends Record>> all = new TreeMap<>();
        for (QmpBranches some : unions) {
            if (some.union() == union) {
                all.putAll(some.branches());
            }
        }
        return all;
    }

    @Override
    public List<Object> schema() {
        Introspection schema = new Introspection(branches);
        for (QmpCommand command : commands.values()) {
            schema.command(command.name(), command.arguments(), command.result(),
                    command.allowsOob());
        }
        events.stream().sorted(java.util.Comparator.comparing(QmpEventType::name))
                .forEach(event -> schema.event(event.name(), event.data()));
        return schema.infos();
    }

    @Override
    public Object awaitExecute(String name, Map<String, ?> arguments, QmpSession session)
            throws QmpException {
        QmpCommand command = find(name);
        return awaitLocked(command, parse(command, arguments), session);
    }

    @Override
    public Object awaitExecute(String name, Record arguments, QmpSession session)
            throws QmpException {
        QmpCommand command = find(name);
        if (arguments == null || command.arguments() == null) {
            return awaitExecute(name, arguments == null ? null : RecordTree.of(arguments),
                    session);
        }
        return awaitLocked(command, command.arguments().cast(arguments), session);
    }

    private Object awaitLocked(QmpCommand command, Record arguments, QmpSession session)
            throws QmpException {
        CoMutex lane = session.lane() == QmpSession.Lane.MONITOR ? monitorLane : operatorLane;
        try (CoMutex.Held _ = lane.awaitLock()) {
            checkNotRefused(); // it may have waited long
            return awaitRun(command, arguments, session);
        }
    }

    @Override
    public Object executeOob(String name, Map<String, ?> arguments, QmpSession session)
            throws QmpException {
        QmpCommand command = find(name);
        if (!command.allowsOob()) {
            throw QmpException.generic("The command " + name + " does not support OOB");
        }
        Record parsed = parse(command, arguments);
        try {
            return answer(command, command.executeOob(parsed, session));
        } catch (BlockException | RuntimeException | AssertionError | StackOverflowError e) {
            throw failure(command, session, e);
        }
    }

    private QmpCommand find(String name) throws QmpException {
        checkNotRefused();
        QmpCommand command = commands.get(name);
        if (command == null) {
            throw new QmpException(ErrorClass.COMMAND_NOT_FOUND,
                    "The command " + name + " has not been found");
        }
        return command;
    }

    private Record parse(QmpCommand command, Map<String, ?> arguments) throws QmpException {
        Map<String, ?> given = arguments == null ? Map.of() : arguments;
        try {
            if (command.arguments() != null) {
                return parser.parse(command.arguments(), given);
            }
            if (!given.isEmpty()) {
                String key = given.keySet().iterator().next();
                throw new OptionException(key, "Parameter '" + key + "' is unexpected");
            }
            return null;
        } catch (OptionException e) {
            throw QmpException.of(e);
        }
    }

    private static Object awaitRun(QmpCommand command, Record arguments, QmpSession session)
            throws QmpException {
        try {
            return answer(command, command.awaitExecute(arguments, session));
        } catch (BlockException | RuntimeException | AssertionError | StackOverflowError e) {
            throw failure(command, session, e);
        }
    }

    private static Object answer(QmpCommand command, Object result) {
        return command.result() == null ? Map.of() : RecordTree.ofValue(result);
    }

    private static QmpException failure(QmpCommand command, QmpSession session, Throwable e) {
        if (e instanceof BlockException known) {
            return QmpException.of(known);
        }
        LOG.error("bug: command {} of session {} failed", command.name(), session.name(), e);
        return QmpException.generic("internal error in command '" + command.name() + "': " + e);
    }

    @Override
    public void refuse(String reason) {
        refusal = reason;
    }

    private void checkNotRefused() throws QmpException {
        String reason = refusal;
        if (reason != null) {
            throw QmpException.generic(reason);
        }
    }
}
