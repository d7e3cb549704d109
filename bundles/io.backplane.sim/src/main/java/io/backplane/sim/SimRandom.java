package io.backplane.sim;

/** A small seeded generator (SplitMix64). */
public final class SimRandom {
    private long state;

    /** The same seed gives the same numbers. */
    public SimRandom(long seed) {
        state = seed;
    }

    /** The next number, any value. */
    public long nextLong() {
        state += 0x9e3779b97f4a7c15L;
        long z = state;
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** A number from 0 to {@code bound} - 1. */
    public int nextInt(int bound) {
        return (int) Math.floorMod(nextLong() >>> 1, (long) bound);
    }
}
