package io.backplane.monitor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A client that sends text and reads lines. */
final class QmpClient implements AutoCloseable {
    private static final long TIMEOUT_MS = 10_000;

    private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    private final Selector selector = Selector.open();
    private final ByteBuffer chunk = ByteBuffer.allocate(65536).flip();

    QmpClient(Path path) throws IOException {
        channel.connect(UnixDomainSocketAddress.of(path));
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ);
    }

    /** Past greeting and negotiation. */
    static QmpClient negotiated(Path path) throws IOException {
        QmpClient client = new QmpClient(path);
        client.line();
        client.ask("{\"execute\":\"qmp_capabilities\"}");
        return client;
    }

    void send(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000;
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                Thread.onSpinWait();
                if (System.nanoTime() > deadline) {
                    throw new IOException("the server does not read");
                }
            }
        }
    }

    /** The next line without its end; null at the end of the stream. */
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (;;) {
            while (chunk.hasRemaining()) {
                byte b = chunk.get();
                if (b == '\n') {
                    return line.toString(StandardCharsets.UTF_8).replace("\r", "");
                }
                line.write(b);
            }
            if (!fill()) {
                return line.size() == 0 ? null : line.toString(StandardCharsets.UTF_8);
            }
        }
    }

    private boolean fill() throws IOException {
        long deadline = System.nanoTime() + TIMEOUT_MS * 1_000_000;
        chunk.clear();
        int count;
        while ((count = channel.read(chunk)) == 0) {
            if (selector.select(TIMEOUT_MS) == 0 && System.nanoTime() > deadline) {
                throw new IOException("nothing to read");
            }
            selector.selectedKeys().clear();
        }
        chunk.flip();
        return count > 0;
    }

    String ask(String text) throws IOException {
        send(text + "\n");
        return line();
    }

    void endOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
