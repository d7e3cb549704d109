package io.backplane.jcstress;

import io.backplane.aio.BottomHalf;
import io.backplane.loop.LoopUnderStress;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The list of bottom halves and the exchange that spares wake-ups: a bottom half that is queued
 * already is scheduled twice more while the loop runs it. The last schedule is seen by a run.
 */
@JCStressTest
@Rule({"E3", "E4", "E5"})
@Rule(value = "E5", bug = "'already scheduled' is cleared after the run")
@Outcome(id = "[123], 2", expect = Expect.ACCEPTABLE, desc = "the last run saw the last write")
@Outcome(expect = Expect.FORBIDDEN, desc = "a schedule without a run after it, or a run too many")
@State
public class BottomHalfStress {
    private final LoopUnderStress loop = new LoopUnderStress();
    private final BottomHalf half = loop.bottomHalf(this::body);
    private volatile boolean started;
    private volatile boolean through;
    private int written;
    private int runs;
    private int seen;

    /** Queues it. */
    public BottomHalfStress() {
        half.schedule();
    }

    private void body() {
        runs++;
        seen = written;
    }

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
        written = 1;
        half.schedule();
        Jitter.spin();
        written = 2;
        half.schedule();
        through = true;
    }
}
