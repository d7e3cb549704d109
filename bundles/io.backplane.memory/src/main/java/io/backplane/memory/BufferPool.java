package io.backplane.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Page-aligned native buffers, kept for reuse by size class (powers of two, 4 KiB to 1 MiB).
 *
 * <p>Any thread may take and close. Larger buffers are made and freed each time. A pool keeps at
 * most {@link #KEPT_PER_CLASS} buffers a class. {@link #close} frees what is kept; buffers still
 * out free themselves when they are closed.
 */
public final class BufferPool implements AutoCloseable {
    /** Alignment in bytes of every buffer's address: enough for O_DIRECT everywhere. */
    public static final long ALIGN_BYTES = 4096;
    private static final int MIN_CLASS_BITS = 12;
    private static final int MAX_CLASS_BITS = 20;
    private static final int KEPT_PER_CLASS = 16;

    // Any thread, under lock
    private final ReentrantLock lock = new ReentrantLock();
    private final Buffer[][] kept = new Buffer[MAX_CLASS_BITS + 1][KEPT_PER_CLASS];
    private final int[] keptCount = new int[MAX_CLASS_BITS + 1];
    private boolean closed;

    /**
     * A buffer of at least {@code bytes} bytes, contents unspecified.
     *
     * @param bytes wanted length, more than zero
     */
    public Buffer take(long bytes) {
        int bits = Math.max(MIN_CLASS_BITS, 64 - Long.numberOfLeadingZeros(bytes - 1));
        if (bits <= MAX_CLASS_BITS) {
            lock.lock();
            try {
                if (keptCount[bits] > 0) {
                    Buffer b = kept[bits][--keptCount[bits]];
                    kept[bits][keptCount[bits]] = null;
                    b.out = true;
                    b.resize(bytes);
                    return b;
                }
            } finally {
                lock.unlock();
            }
        }
        long room = bits <= MAX_CLASS_BITS ? 1L << bits : bytes;
        Arena arena = Arena.ofShared();
        return new Buffer(arena, arena.allocate(room, ALIGN_BYTES), bits, bytes);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            for (int bits = 0; bits <= MAX_CLASS_BITS; bits++) {
                while (keptCount[bits] > 0) {
                    kept[bits][--keptCount[bits]].arena.close();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** One buffer; its owner closes it exactly once, which gives it back. */
    public final class Buffer implements AutoCloseable {
        private final Arena arena;
        private final MemorySegment room;
        private final int bits;
        private final IoVector vector = new IoVector(1);
        private MemorySegment segment;
        private boolean out = true;

        private Buffer(Arena arena, MemorySegment room, int bits, long bytes) {
            this.arena = arena;
            this.room = room;
            this.bits = bits;
            resize(bytes);
        }

        private void resize(long bytes) {
            if (segment == null || segment.byteSize() != bytes) {
                segment = room.asSlice(0, bytes);
                vector.clear();
                vector.add(segment, 0, bytes);
            }
        }

        /** The memory, exactly as long as asked for. */
        public MemorySegment segment() {
            return segment;
        }

        /** The same memory as a vector of one element. */
        public IoVector vector() {
            return vector;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (!out) {
                    throw new IllegalStateException("buffer closed twice");
                }
                out = false;
                if (!closed && bits <= MAX_CLASS_BITS && keptCount[bits] < KEPT_PER_CLASS) {
                    kept[bits][keptCount[bits]++] = this;
                    return;
                }
            } finally {
                lock.unlock();
            }
            arena.close();
        }
    }
}
