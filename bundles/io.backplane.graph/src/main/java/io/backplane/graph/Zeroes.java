package io.backplane.graph;

import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One piece of zeroes that the whole graph writes from; nobody writes to it. */
final class Zeroes {
    private static final long PIECE_BYTES = 64 << 10;
    private static final int PIECES = 16;

    // Immutable
    private final IoVector vector = new IoVector(PIECES);

    Zeroes(Arena arena) {
        MemorySegment piece = arena.allocate(PIECE_BYTES, 4096).asReadOnly();
        for (int i = 0; i < PIECES; i++) {
            vector.add(piece, 0, PIECE_BYTES);
        }
    }

    /** 1 MiB of zeroes. */
    IoVector vector() {
        return vector;
    }
}
