package io.backplane.tool.console;

import io.backplane.schema.Json;
import io.backplane.schema.OptionException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A session in a daemon's shell: JSON objects, one a line, both ways. One thread uses it. */
final class Connection implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader input;
    private String prompt;

    private Connection(SocketChannel channel) {
        this.channel = channel;
        this.input = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    }

    /**
     * Connects and waits until the daemon is ready.
     *
     * @throws IOException with a sentence that says what to do
     */
    static Connection open(Path socket) throws IOException {
        Connection connection = new Connection(connect(socket));
        Map<String, Object> greeting = connection.receive();
        if (!(greeting.get("prompt") instanceof String prompt)) {
            throw new IOException(socket + " is not the socket of a shell");
        }
        connection.prompt = prompt;
        connection.send(Map.of("folder", Path.of("").toAbsolutePath().toString()));
        return connection;
    }

    private static SocketChannel connect(Path socket) throws IOException {
        try {
            return SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            String reason = Files.exists(socket) ? "no daemon answers at " + socket + " ("
                    + e.getMessage() + ")" : "there is no socket " + socket;
            throw new IOException(reason
                    + "; is ./backplane run running? --socket or --data name another", e);
        }
    }

    /** What to ask the user with. */
    String prompt() {
        return prompt;
    }

    /** Executes a line, prints what it prints; returns its exit code. */
    int run(String line, PrintWriter out, PrintWriter err) throws IOException {
        send(Map.of("run", line));
        while (true) {
            Map<String, Object> message = receive();
            if (message.get("out") instanceof String text) {
                out.print(text);
            } else if (message.get("err") instanceof String text) {
                out.flush();
                err.print(text);
                err.flush();
            } else if (message.get("done") instanceof Number code) {
                out.flush();
                return code.intValue();
            }
        }
    }

    /** How a line, up to the cursor, may go on: {@code word} and {@code candidates}. */
    Map<String, Object> complete(String line) throws IOException {
        send(Map.of("complete", line));
        Map<String, Object> answer = receive();
        return answer.get("candidates") instanceof List<?> ? answer
                : Map.of("word", "", "candidates", List.of());
    }

    private void send(Map<String, ?> message) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.wrap((Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new IOException("the daemon has closed the session", e);
        }
    }

    private Map<String, Object> receive() throws IOException {
        String line = input.readLine();
        if (line == null) {
            throw new IOException("the daemon has closed the session");
        }
        try {
            Map<String, Object> message = Json.parseObject(line);
            if (message.get("fatal") instanceof String reason) {
                throw new IOException("the daemon ends the session: " + reason);
            }
            return message;
        } catch (OptionException e) {
            throw new IOException("what the daemon says is no message: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
