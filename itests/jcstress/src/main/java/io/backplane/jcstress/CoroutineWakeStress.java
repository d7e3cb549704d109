package io.backplane.jcstress;

import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A coroutine publishes itself and suspends; another context wakes it, before or after. */
@JCStressTest
@Rule("C1")
@Outcome(id = "1, 7", expect = Expect.ACCEPTABLE, desc = "woken, and sees what the waker wrote")
@Outcome(expect = Expect.FORBIDDEN, desc = "the wake was lost")
@State
public class CoroutineWakeStress {
    private final Lane.Part sleeper = new Lane.Part();
    private final Lane.Part waker = new Lane.Part();
    private volatile Coroutine published;
    private int written;

    /** Sleeps once. */
    @Actor
    public void suspend(II_Result r) {
        int[] seen = new int[1];
        r.r1 = Lane.MAIN.run(sleeper, waker, () -> {
            published = Coroutine.current();
            Coroutine.suspend();
            seen[0] = written;
        }) ? 1 : 0;
        r.r2 = seen[0];
    }

    /** Wakes once. */
    @Actor
    public void wake() {
        Coroutine found;
        for (int spins = 1; (found = published) == null; spins++) {
            Thread.onSpinWait();
            if (spins % 200 == 0) {
                Thread.yield();
            }
        }
        Jitter.spin();
        written = 7;
        found.wake();
        waker.end();
    }
}
