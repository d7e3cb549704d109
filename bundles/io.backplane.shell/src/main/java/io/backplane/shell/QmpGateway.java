package io.backplane.shell;

import io.backplane.aio.AioContext;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.Branches;
import io.backplane.schema.RecordTree;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Executes QMP commands for the shell: a coroutine of the main context does the work, the thread of
 * the shell session waits for it. Never called on an event loop's thread.
 */
final class QmpGateway {
    private static final QmpSession SESSION = QmpSession.operator("shell");
    private static final long ASK_MS = 1000;

    private final QmpCommands commands;
    private final AioContext main;

    QmpGateway(QmpCommands commands, AioContext main) {
        this.commands = commands;
        this.main = main;
    }

    /**
     * Executes {@code name}.
     *
     * @param words its arguments, as {@link Arguments} reads them
     * @return its result as a neutral tree
     */
    Object execute(String name, List<String> words) throws QmpException, InterruptedException {
        return await(start(name, words), Long.MAX_VALUE);
    }

    /**
     * The answer to a query without arguments, for completion: null when it does not come soon, or
     * there is no such command.
     */
    Object ask(String name) throws InterruptedException {
        if (!commands.commands().containsKey(name)) {
            return null;
        }
        try {
            return await(start(name, List.of()), ASK_MS);
        } catch (QmpException | UsageException e) {
            return null;
        }
    }

    private CompletableFuture<Object> start(String name, List<String> words) throws QmpException {
        if (AioContext.currentOrNull() != null) {
            throw new IllegalStateException("the shell waits, so it can't run in an event loop");
        }
        QmpCommand command = command(name);
        Record arguments = Arguments.parse(name, command.arguments(), branches(), words);
        CompletableFuture<Object> answer = new CompletableFuture<>();
        main.spawn(() -> awaitInto(answer, command, arguments));
        return answer;
    }

    private static Object await(CompletableFuture<Object> answer, long ms)
            throws QmpException, InterruptedException {
        try {
            return answer.get(ms, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case QmpException failure -> throw failure;
                case RuntimeException bug -> throw bug;
                case Error bug -> throw bug;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    /** What may be asked out of band is: it answers while another command of the shell hangs. */
    private void awaitInto(CompletableFuture<Object> answer, QmpCommand command,
            Record arguments) {
        try {
            answer.complete(command.allowsOob()
                    ? commands.executeOob(command.name(),
                            arguments == null ? null : RecordTree.of(arguments), SESSION)
                    : commands.awaitExecute(command.name(), arguments, SESSION));
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }

    /** The commands there are now. */
    SortedMap<String, QmpCommand> commands() {
        return commands.commands();
    }

    /** The branches of unions there are now. */
    Branches branches() {
        return commands.branches();
    }

    /** The command {@code name}. */
    QmpCommand command(String name) throws QmpException {
        QmpCommand command = commands.commands().get(name);
        if (command == null) {
            throw new QmpException(QmpException.ErrorClass.COMMAND_NOT_FOUND,
                    "The command " + name + " has not been found");
        }
        return command;
    }
}
