package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * The one downcall: the C library's {@code syscall(2)} with six long arguments.
 *
 * <p>Linking costs about 100 ms of CPU for the first shape and 5 ms for each further one, so there
 * is one shape for all calls, linked when this class is first used. The errno is captured into one
 * of a set of native words; a call claims a word and gives it back, so nothing is thread-bound
 * and a virtual thread may call from any carrier.
 */
final class SystemCall {
    private static final int WORD_COUNT = 256;
    private static final int WORD_BYTES = 64; // one cache line each
    private static final MethodHandle SYSCALL = link();
    private static final MemorySegment[] WORDS = words();
    private static final AtomicIntegerArray CLAIMED = new AtomicIntegerArray(WORD_COUNT * 16);

    private SystemCall() {
    }

    @SuppressWarnings("restricted") // this module is where native access is allowed
    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        return linker.downcallHandle(linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(word, word, word, word, word, word, word, word),
                Linker.Option.captureCallState("errno"));
    }

    private static MemorySegment[] words() {
        MemorySegment all = Arena.global().allocate((long) WORD_COUNT * WORD_BYTES, WORD_BYTES);
        MemorySegment[] words = new MemorySegment[WORD_COUNT];
        for (int i = 0; i < WORD_COUNT; i++) {
            words[i] = all.asSlice((long) i * WORD_BYTES, WORD_BYTES);
        }
        return words;
    }

    /** Runs system call {@code number}; its result, or the negative errno. */
    static long invoke(int number, long a, long b, long c, long d, long e, long f) {
        int index = claim();
        MemorySegment errno = index < 0 ? Arena.ofAuto().allocate(WORD_BYTES) : WORDS[index];
        try {
            long result = (long) SYSCALL.invokeExact(errno, (long) number, a, b, c, d, e, f);
            return result == -1 ? -errno.get(ValueLayout.JAVA_INT, 0) : result;
        } catch (Throwable t) {
            throw new AssertionError(t);
        } finally {
            if (index >= 0) {
                CLAIMED.setRelease(index * 16, 0);
            }
        }
    }

    private static int claim() {
        int start = (int) Thread.currentThread().threadId();
        for (int i = 0; i < WORD_COUNT; i++) {
            int index = start + i & WORD_COUNT - 1;
            if (CLAIMED.compareAndSet(index * 16, 0, 1)) {
                return index;
            }
        }
        return -1;
    }

    static long invoke(int number, long a) {
        return invoke(number, a, 0, 0, 0, 0, 0);
    }

    static long invoke(int number, long a, long b) {
        return invoke(number, a, b, 0, 0, 0, 0);
    }

    static long invoke(int number, long a, long b, long c) {
        return invoke(number, a, b, c, 0, 0, 0);
    }

    static long invoke(int number, long a, long b, long c, long d) {
        return invoke(number, a, b, c, d, 0, 0);
    }
}
