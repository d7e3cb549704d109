package io.backplane.shell;

import io.backplane.aio.AioContext;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpException;
import io.backplane.qmp.QmpSession;
import io.backplane.schema.OptionException;
import io.backplane.schema.OptionParser;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Executes QMP commands for the shell: a coroutine of the main context does the work, the thread of
 * the shell session waits for it. Never called on an event loop's thread.
 */
final class QmpGateway {
    private static final QmpSession SESSION = QmpSession.operator("shell");

    private final QmpCommands commands;
    private final AioContext main;

    QmpGateway(QmpCommands commands, AioContext main) {
        this.commands = commands;
        this.main = main;
    }

    /**
     * Executes {@code name}.
     *
     * @param words its arguments: one JSON object, or key=value words
     * @return its result as a neutral tree
     */
    Object execute(String name, List<?> words) throws QmpException, InterruptedException {
        if (AioContext.currentOrNull() != null) {
            throw new IllegalStateException("the shell waits, so it can't run in an event loop");
        }
        Record arguments = parse(name, words);
        CompletableFuture<Object> answer = new CompletableFuture<>();
        main.spawn(() -> awaitInto(answer, name, arguments));
        try {
            return answer.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case QmpException failure -> throw failure;
                case RuntimeException bug -> throw bug;
                case Error bug -> throw bug;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        }
    }

    private void awaitInto(CompletableFuture<Object> answer, String name, Record arguments) {
        try {
            answer.complete(commands.awaitExecute(name, arguments, SESSION));
        } catch (Throwable e) {
            answer.completeExceptionally(e);
        }
    }

    private Record parse(String name, List<?> words) throws QmpException {
        Class<? extends Record> type = command(name).arguments();
        String text = text(words);
        if (type == null) {
            if (!text.isEmpty()) {
                throw QmpException.generic("'" + name + "' takes no arguments");
            }
            return null;
        }
        try {
            return new OptionParser(commands.branches()).parseText(type, text, null);
        } catch (OptionException e) {
            throw QmpException.of(e);
        }
    }

    private static String text(List<?> words) {
        StringBuilder text = new StringBuilder();
        for (Object word : words) {
            text.append(text.isEmpty() ? "" : ",").append(word);
        }
        return text.toString();
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
