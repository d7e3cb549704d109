package io.backplane.driver.qcow2;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.memory.BufferPool;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * A slice of an L2 table in memory: one or two longs an entry.
 *
 * <p>Read without a lock, changed under the metadata lock. With extended L2 an entry is two longs,
 * which {@link #version} ties together: read it, read the entry, and {@link #unchanged} says
 * whether the two belonged together.
 */
final class L2Slice extends CachedTable implements Awaited {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle VERSION;

    static {
        try {
            VERSION = MethodHandles.lookup().findVarHandle(L2Slice.class, "version", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Immutable
    private final long[] words;
    private final int shift;

    // Any thread
    private int version;

    // Under the metadata lock
    /** Counts the changes. */
    long changes;
    /** The last change that is in the image file. */
    long settled;

    /** Who writes it to the image file; null if nobody. */
    Coroutine writer;

    // Whoever made the copy, until it is written
    BufferPool.Buffer copy;
    int copyFrom;
    int copyTo;
    long copyOffset;
    long copyChange;

    L2Slice(long key, long[] words, boolean extended) {
        super(key, words.length << 3);
        this.words = words;
        this.shift = extended ? 1 : 0;
    }

    static L2Slice decode(long key, MemorySegment source, boolean extended) {
        long[] words = new long[(int) (source.byteSize() >> 3)];
        MemorySegment.copy(source, Be.LONG, 0, words, 0, words.length);
        return new L2Slice(key, words, extended);
    }

    int count() {
        return words.length >> shift;
    }

    @Override
    public String describe() {
        return "the write of a slice of an L2 table of a qcow2 image at " + copyOffset;
    }

    @Override
    public List<Coroutine> blockers() {
        Coroutine now = writer;
        return now == null ? List.of() : List.of(now);
    }

    long entry(int index) {
        return (long) WORDS.getAcquire(words, index << shift);
    }

    /** The subcluster bitmap; 0 without extended L2. */
    long bitmap(int index) {
        return shift == 0 ? 0 : (long) WORDS.getAcquire(words, (index << 1) + 1);
    }

    int version() {
        return (int) VERSION.getAcquire(this);
    }

    boolean unchanged(int seen) {
        VarHandle.loadLoadFence();
        return (seen & 1) == 0 && (int) VERSION.getOpaque(this) == seen;
    }

    void set(int index, long entry, long bitmap) {
        if (!unsettled) {
            unsettled = true;
        }
        changes++;
        if (shift == 0) {
            WORDS.setRelease(words, index, entry);
        } else {
            VERSION.setVolatile(this, version + 1);
            VarHandle.fullFence();
            WORDS.setRelease(words, index << 1, entry);
            WORDS.setRelease(words, (index << 1) + 1, bitmap);
            VERSION.setVolatile(this, version + 1);
        }
        markDirty(index << 3 + shift, index + 1 << 3 + shift);
    }

    /**
     * How many of the {@code max} entries from {@code index} on, whose entry is {@code entry},
     * continue it: the next host clusters with the same flags. Without extended L2.
     */
    int dataRun(int index, long entry, int max, long clusterBytes) {
        int end = Math.min(index + max, words.length);
        long expected = entry;
        int i = index + 1;
        while (i < end) {
            expected += clusterBytes;
            if ((long) WORDS.getOpaque(words, i) != expected) {
                break;
            }
            i++;
        }
        return i - index;
    }

    @Override
    void encode(int from, int to, MemorySegment target, long at) {
        MemorySegment.copy(words, from >> 3, target, Be.LONG, at, to - from >> 3);
    }
}
