package io.backplane.tck;

import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** I/O vectors as guests make them: odd addresses, odd pieces, a window that starts somewhere. */
final class Vectors {
    private static final int PIECES_MAX = 9;
    private static final byte UNTOUCHED = (byte) 0xa5;

    /** The memory of one request; closed when it is done, which looks for bytes it had no right to. */
    final class Buffer implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final IoVector vector = new IoVector();
        private final int from;
        private final int bytes;
        private final MemorySegment around;

        Buffer(int bytes) {
            this.bytes = bytes;
            from = random.nextInt(3) == 0 ? random.nextInt(700) : 0;
            around = arena.allocate(from + bytes + 64L, 1);
            around.fill(UNTOUCHED);
            int pieces = 1 + random.nextInt(PIECES_MAX);
            int start = random.nextInt(64);
            for (int at = 0; at < from + bytes;) {
                int left = from + bytes - at;
                int n = --pieces <= 0 ? left : 1 + random.nextInt(left);
                vector.add(around, start + at, n);
                at += n;
            }
        }

        IoVector vector() {
            return vector;
        }

        long from() {
            return from;
        }

        byte[] contents() {
            byte[] got = new byte[bytes];
            vector.copyTo(from, MemorySegment.ofArray(got), 0, bytes);
            return got;
        }

        @Override
        public void close() {
            byte[] before = new byte[from];
            vector.copyTo(0, MemorySegment.ofArray(before), 0, from);
            arena.close();
            for (byte b : before) {
                if (b != UNTOUCHED) {
                    throw new AssertionError("memory before the window of a request was changed");
                }
            }
        }
    }

    private final Random random;

    Vectors(Random random) {
        this.random = random;
    }

    Buffer empty(int bytes) {
        return new Buffer(bytes);
    }

    Buffer of(byte[] data) {
        Buffer buffer = new Buffer(data.length);
        buffer.vector.copyFrom(buffer.from, MemorySegment.ofArray(data), 0, data.length);
        return buffer;
    }
}
