package io.backplane.console;

import io.backplane.console.CommandRunner.Outcome;
import io.backplane.qmp.VersionInfo;
import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of the shell's socket: JSON objects, one a line, both ways.
 *
 * <table>
 * <caption>Messages</caption>
 * <tr><td>server, first</td><td>{@code {"backplane": VERSION, "prompt": TEXT}}</td></tr>
 * <tr><td>client</td><td>{@code {"run": LINE}}, answered by any number of {@code {"out": TEXT}} and
 *     {@code {"err": TEXT}}, then {@code {"done": CODE}}</td></tr>
 * <tr><td>client</td><td>{@code {"complete": LINE}} with the line up to the cursor, answered by
 *     {@code {"word": TEXT, "candidates": [...]}}</td></tr>
 * <tr><td>client</td><td>{@code {"folder": PATH}}: where its user is; no answer</td></tr>
 * <tr><td>server, instead of an answer</td><td>{@code {"fatal": TEXT}}: it closes</td></tr>
 * </table>
 *
 * Whoever sends what is no message, or a line that is too long, is told so and disconnected. A
 * client that does not read holds up its own session only.
 */
final class RemoteSession {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteSession.class);

    // Immutable
    private final Lines lines;
    private final SocketChannel client;
    private final CommandProcessor processor;
    private final Consumer<RemoteSession> ended;
    private final Thread thread;

    RemoteSession(SocketChannel client, CommandProcessor processor,
            Consumer<RemoteSession> ended) {
        this.client = client;
        this.lines = new Lines(client);
        this.processor = processor;
        this.ended = ended;
        this.thread = new Thread(this::run, "backplane-shell");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Tells the client why there is no session for it. Does not wait for it. */
    void refuse(String reason) {
        try {
            client.configureBlocking(false);
            lines.write(Json.write(Map.of("fatal", reason)));
        } catch (IOException e) {
            LOG.debug("a refused client is gone", e);
        }
        close();
    }

    private void run() {
        PrintStream err = output("err");
        try (CommandSession session = processor.createSession(InputStream.nullInputStream(),
                output("out"), err)) {
            session.put("SCOPE", TerminalPrompt.SCOPE);
            send("backplane", VersionInfo.CURRENT.packageName(), "prompt", TerminalPrompt.PROMPT);
            for (String line = lines.read(); line != null; line = lines.read()) {
                answer(session, err, line);
            }
        } catch (OptionException e) {
            fatal(e.getMessage());
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("a session ends: {}", e.toString());
        } catch (RuntimeException | AssertionError e) {
            LOG.error("bug: a session of the shell failed", e);
        } finally {
            close();
            ended.accept(this);
        }
    }

    private PrintStream output(String member) {
        return new PrintStream(new MessageOutput(text -> {
            try {
                send(member, text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }), false, StandardCharsets.UTF_8);
    }

    private void answer(CommandSession session, PrintStream err, String text)
            throws IOException, OptionException {
        Map<String, Object> request = Json.parseObject(text);
        if (request.get("run") instanceof String line) {
            Outcome outcome = CommandRunner.run(session, line);
            err.flush(); // also what was logged meanwhile on this thread
            if (outcome.error() != null) {
                send("err", outcome.error() + "\n");
            }
            send("done", (long) outcome.code());
        } else if (request.get("complete") instanceof String line) {
            Completions completions = Completions.of(session, line);
            send("word", completions.word(), "candidates", completions.candidates());
        } else if (request.get("folder") instanceof String folder) {
            enter(session, folder);
        } else {
            throw new OptionException("", "expecting {\"run\": LINE} or {\"complete\": LINE}");
        }
    }

    private static void enter(CommandSession session, String folder) throws OptionException {
        try {
            session.currentDir(Path.of(folder).toAbsolutePath());
        } catch (InvalidPathException e) {
            throw new OptionException("folder", e.getMessage());
        }
    }

    private void fatal(String reason) {
        try {
            send("fatal", reason);
        } catch (IOException e) {
            LOG.debug("a client is gone", e);
        }
    }

    private void send(String key, Object value) throws IOException {
        lines.write(Json.write(Map.of(key, value)));
    }

    private void send(String key, Object value, String key2, Object value2) throws IOException {
        lines.write(Json.write(Map.of(key, value, key2, value2)));
    }

    /** Lets the session end after what it does now. */
    void endInput() {
        try {
            client.shutdownInput();
        } catch (IOException e) {
            LOG.debug("a client is gone", e);
        }
    }

    void awaitEnd(Duration limit) throws InterruptedException {
        thread.join(limit);
    }

    void close() {
        try {
            client.close();
        } catch (IOException e) {
            LOG.debug("a client is gone", e);
        }
    }
}
