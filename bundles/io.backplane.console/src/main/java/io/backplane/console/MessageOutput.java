package io.backplane.console;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Collects what commands print and hands it on as text: whole lines when enough has come, and all
 * of it at a flush. Any thread.
 */
final class MessageOutput extends OutputStream {
    private static final int MESSAGE_BYTES = 16_384;
    private static final int MESSAGE_BYTES_MAX = 65_536;

    private final Consumer<String> sink;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();

    MessageOutput(Consumer<String> sink) {
        this.sink = sink;
    }

    @Override
    public synchronized void write(int b) {
        collected.write(b);
        if (b == '\n' && collected.size() >= MESSAGE_BYTES
                || collected.size() >= MESSAGE_BYTES_MAX) {
            flush();
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int count) {
        for (int i = 0; i < count; i++) {
            write(bytes[offset + i]);
        }
    }

    @Override
    public synchronized void flush() {
        if (collected.size() > 0) {
            String text = collected.toString(StandardCharsets.UTF_8);
            collected.reset();
            sink.accept(text);
        }
    }
}
