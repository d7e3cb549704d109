package io.backplane.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** System calls on the calling thread (the carrier, for a virtual thread). */
public final class SysThread {

    private SysThread() {
    }

    /** The kernel's id of the calling thread. */
    public static int id() {
        return (int) SystemCall.invoke(Numbers.GETTID, 0);
    }

    /** Pins a thread to one CPU; {@code threadId} 0 is the caller. */
    public static int pin(int threadId, int cpu) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(128, 8);
            long at = cpu / 64 * 8L;
            mask.set(ValueLayout.JAVA_LONG, at, 1L << cpu % 64);
            return (int) SystemCall.invoke(Numbers.SCHED_SETAFFINITY, threadId, 128,
                    mask.address());
        }
    }
}
