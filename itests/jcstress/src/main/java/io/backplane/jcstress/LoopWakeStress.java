package io.backplane.jcstress;

import io.backplane.loop.LoopUnderStress;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The notify and accept protocol of the event loop: a callback that comes while the loop prepares
 * to sleep either is seen by it or wakes it.
 */
@JCStressTest
@Rule({"E1", "E2", "E3"})
@Rule(value = "E3", bug = "does not look at the inbox again once it has said that it waits")
@Outcome(id = "1, 5", expect = Expect.ACCEPTABLE, desc = "ran once, saw what was written before")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails: the notice was lost")
@State
public class LoopWakeStress {
    private final LoopUnderStress loop = new LoopUnderStress();
    private volatile boolean started;
    private volatile boolean through;
    private int written;
    private int runs;
    private int seen;

    /** The owner. */
    @Actor
    public void turn(II_Result r) {
        started = true;
        loop.run(() -> through);
        r.r1 = runs;
        r.r2 = seen;
    }

    /** Another thread. */
    @Actor
    public void schedule() {
        for (int spins = 1; !started; spins++) {
            Thread.onSpinWait();
            if (spins % 200 == 0) {
                Thread.yield();
            }
        }
        Jitter.spin();
        written = 5;
        loop.schedule(() -> {
            runs++;
            seen = written;
        });
        through = true;
    }
}
