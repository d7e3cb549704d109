package io.backplane.sys;

import java.lang.foreign.MemorySegment;

/**
 * The three io_uring calls. Results are values or negative errnos; layouts and rules are the
 * caller's. The thread that sets a single-issuer ring up must be the one that enters it.
 */
public final class SysUring {

    private SysUring() {
    }

    /** {@code io_uring_setup(entries, params)}: the ring's descriptor. */
    public static int setup(int entries, MemorySegment params) {
        return (int) SystemCall.invoke(Numbers.IO_URING_SETUP, entries, params.address());
    }

    /**
     * {@code io_uring_enter2}.
     *
     * @param argument address of the extended argument, or 0
     * @param argumentBytes its length
     * @return number of entries submitted
     */
    public static int enter(int ring, int submitCount, int waitCount, int flags, long argument,
            long argumentBytes) {
        return (int) SystemCall.invoke(Numbers.IO_URING_ENTER, ring, submitCount, waitCount,
                flags, argument, argumentBytes);
    }

    /** {@code io_uring_register}. */
    public static int register(int ring, int operation, MemorySegment argument, int count) {
        return (int) SystemCall.invoke(Numbers.IO_URING_REGISTER, ring, operation,
                argument == null ? 0 : argument.address(), count);
    }
}
