package io.backplane.loop;

/**
 * When a loop last did what, read racily by other threads.
 *
 * <p>The writes are plain: no fence here orders anything, so recording cannot hide a race between
 * the loop and those that wake it. The loop calls code the compiler cannot look through in every
 * turn, so the stores are not kept back for longer than a turn.
 *
 * <p>A clock read costs as much as a tenth of a small turn, so a busy loop reads it only every
 * {@link #TURNS_MASK} + 1 turns; a loop that sleeps reads it before (where a time-out needs it
 * anyway) and after, which a system call and a switch of threads drown. Ages are therefore too
 * high by at most 64 busy turns, each of which is bounded by its budgets; a loop that hangs shows
 * the age of its hang within that.
 */
final class LoopProgress {
    /** Turns whose count has none of these bits record their time. */
    static final long TURNS_MASK = 63;
    private static final long NEVER = Long.MIN_VALUE;

    // Written by the owner
    private long prepareNs = NEVER;
    private long pollNs = NEVER;
    private long dispatchNs = NEVER;

    // Written by any thread, the last one wins
    private long scheduleNs = NEVER;

    void turned(long nowNs) {
        prepareNs = nowNs;
        pollNs = nowNs;
        dispatchNs = nowNs;
    }

    void sleeps(long nowNs) {
        prepareNs = nowNs;
        pollNs = nowNs;
    }

    void woke(long nowNs) {
        pollNs = nowNs;
        dispatchNs = nowNs;
    }

    void scheduled(long nowNs) {
        scheduleNs = nowNs;
    }

    long prepareNs() {
        return prepareNs;
    }

    long pollNs() {
        return pollNs;
    }

    long dispatchNs() {
        return dispatchNs;
    }

    long scheduleNs() {
        return scheduleNs;
    }

    /** The age of a time in the past; -1 if it never was. */
    static long ageNs(long thenNs, long nowNs) {
        return thenNs == NEVER ? -1 : Math.max(0, nowNs - thenNs);
    }
}
