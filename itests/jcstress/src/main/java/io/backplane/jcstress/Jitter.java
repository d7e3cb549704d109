package io.backplane.jcstress;

import java.util.concurrent.ThreadLocalRandom;

/**
 * A short delay of random length, up to a microsecond: two actors that always need the same time
 * to the point where they race would never meet there.
 */
public final class Jitter {
    private static final int SPINS_MAX = 48;

    private Jitter() {
    }

    /** Spins. */
    public static void spin() {
        for (int i = ThreadLocalRandom.current().nextInt(SPINS_MAX); i > 0; i--) {
            Thread.onSpinWait();
        }
    }
}
