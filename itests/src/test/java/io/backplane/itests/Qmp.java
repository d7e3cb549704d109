package io.backplane.itests;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** A QMP client that knows only the wire: one command at a time, events are kept. */
final class Qmp implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader reader;
    private final Deque<JsonObject> events = new ArrayDeque<>();
    private JsonObject lastTimestamp;

    private Qmp(SocketChannel channel) {
        this.channel = channel;
        this.reader = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel),
                StandardCharsets.UTF_8));
    }

    /** Connects and leaves negotiation mode. */
    static Qmp connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            Qmp qmp = new Qmp(channel);
            String greeting = qmp.reader.readLine();
            if (greeting == null || !greeting.contains("\"QMP\"")) {
                throw new AssertionError("no QMP greeting: " + greeting);
            }
            qmp.execute("{'execute': 'qmp_capabilities'}");
            return qmp;
        } catch (IOException | RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    /** Executes a command in JSON (single quotes will do); its return value. */
    JsonElement execute(String command) throws IOException {
        JsonObject answer = answer(command);
        if (!answer.has("return")) {
            throw new AssertionError(command + " failed: " + answer);
        }
        return answer.get("return");
    }

    /** Executes a command; the whole answer, error or not. */
    JsonObject answer(String command) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((command.replace('\'', '"') + "\n")
                .getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        while (true) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("the monitor closed the connection after " + command);
            }
            JsonObject message = JsonParser.parseString(line).getAsJsonObject();
            if (!message.has("event")) {
                return message;
            }
            events.add(message);
        }
    }

    /**
     * Waits for an event; forgets those before it.
     *
     * @param part what its JSON contains
     */
    JsonObject awaitEvent(String name, String part) throws IOException, InterruptedException {
        for (int i = 0; i < 600; i++) {
            while (!events.isEmpty()) {
                JsonObject event = events.remove();
                if (event.get("event").getAsString().equals(name)
                        && event.toString().contains(part)) {
                    lastTimestamp = event.getAsJsonObject("timestamp");
                    return event.has("data") ? event.getAsJsonObject("data") : new JsonObject();
                }
            }
            Thread.sleep(50);
            execute("{'execute': 'query-version'}"); // whatever came before its answer is kept
        }
        throw new AssertionError("no event " + name + " with '" + part + "'");
    }

    /** When the event came that was awaited last, by the daemon's clock. */
    JsonObject lastTimestamp() {
        return lastTimestamp;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
