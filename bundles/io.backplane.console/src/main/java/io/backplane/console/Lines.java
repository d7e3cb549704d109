package io.backplane.console;

import io.backplane.schema.OptionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** Lines of UTF-8 over a blocking channel. One thread reads, any thread writes. */
final class Lines {
    /** Longest line a client may send. */
    static final int LINE_BYTES_MAX = 1 << 20;
    private static final int BUFFER_BYTES = 8192;

    // Immutable
    private final SocketChannel channel;

    // Reading thread only
    private final ByteBuffer received = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Lines(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * The next line without its end, null at the end of input; an unfinished last line counts.
     *
     * @throws OptionException if it is too long
     */
    String read() throws IOException, OptionException {
        line.reset();
        while (true) {
            while (received.hasRemaining()) {
                byte b = received.get();
                if (b == '\n') {
                    return line.toString(StandardCharsets.UTF_8);
                }
                line.write(b);
            }
            if (line.size() > LINE_BYTES_MAX) {
                throw new OptionException("",
                        "a line has more than " + LINE_BYTES_MAX + " bytes");
            }
            received.clear();
            int count = channel.read(received);
            received.flip();
            if (count < 0) {
                return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
            }
        }
    }

    /** Sends a line; a channel that does not block gets what it takes. */
    synchronized void write(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
        int count;
        do {
            count = channel.write(bytes);
        } while (bytes.hasRemaining() && count > 0);
    }
}
