package io.backplane.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.backplane.schema.OptionException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinesTest {
    @TempDir
    private Path folder;
    private SocketChannel client;
    private SocketChannel server;

    @BeforeEach
    void connect() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("s"));
        try (ServerSocketChannel listening =
                ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(address);
            client = SocketChannel.open(address);
            server = listening.accept();
        }
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
    }

    @Test
    void linesComeOneByOneAndTheLastNeedsNoEnd() throws Exception {
        send("one\n\ntwo\nthr\u00e9e");
        client.shutdownOutput();
        Lines lines = new Lines(server);

        assertEquals("one", lines.read());
        assertEquals("", lines.read());
        assertEquals("two", lines.read());
        assertEquals("thr\u00e9e", lines.read());
        assertNull(lines.read());
    }

    @Test
    void lineWithoutEndIsRefused() throws Exception {
        Thread sender = Thread.ofPlatform().start(() -> {
            try {
                send("x".repeat(Lines.LINE_BYTES_MAX + 10_000));
            } catch (IOException e) {
                return; // the reader has gone
            }
        });

        assertThrows(OptionException.class, () -> new Lines(server).read());
        server.close();
        sender.join();
    }

    private void send(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }
}
