package io.backplane.jcstress;

/** What one actor has finished of a state; the other one spins for it. */
final class Turns {
    private volatile int finished;

    /** Says that a step is finished. */
    void finish(int step) {
        finished = step;
    }

    /** Spins until a step is finished. */
    void awaitStep(int step) {
        for (int spins = 1; finished < step; spins++) {
            Thread.onSpinWait();
            if (spins % 200 == 0) {
                Thread.yield();
            }
        }
    }
}
