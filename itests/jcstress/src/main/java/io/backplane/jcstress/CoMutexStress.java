package io.backplane.jcstress;

import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * Two contexts hand a {@link CoMutex} to each other, one of them over a suspension: one owner at a
 * time, what the one writes the next one sees, and nobody sleeps while it is free.
 */
@JCStressTest
@Rule({"C1", "C5"})
@Rule(value = "C5", bug = "a waiter looks who owns it, then stores that it is contended")
@Outcome(id = "1, 1, 4", expect = Expect.ACCEPTABLE, desc = "each had it twice")
@Outcome(id = "1, 1, [0-3]", expect = Expect.FORBIDDEN, desc = "two owners at a time")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails: the hand-over was lost")
@State
public class CoMutexStress {
    private final CoMutex mutex = new CoMutex();
    private final Lane.Part one = new Lane.Part();
    private final Lane.Part two = new Lane.Part();
    private int count;

    /** Twice, briefly. */
    @Actor
    public void inMain(III_Result r) {
        r.r1 = Lane.MAIN.run(one, two, () -> {
            add(false);
            add(false);
        }) ? 1 : 0;
    }

    /** Twice, once over a suspension. */
    @Actor
    public void inIo(III_Result r) {
        r.r2 = Lane.IO.run(two, one, () -> {
            add(true);
            add(false);
        }) ? 1 : 0;
    }

    private void add(boolean suspends) {
        try (CoMutex.Held _ = mutex.awaitLock()) {
            int before = count;
            Jitter.spin();
            if (suspends) {
                Coroutine.awaitYield();
            }
            count = before + 1;
        }
    }

    /** What came of it. */
    @Arbiter
    public void sum(III_Result r) {
        r.r3 = count;
    }
}
