package io.backplane.jcstress;

import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Interrupts with event index: the device answers, then looks whether it shall interrupt; the
 * driver asks for interrupts, then looks whether there is an answer.
 */
@JCStressTest
@Rule("E14")
@Rule(value = "E14", bug = "no fence between the answer and the look at the wish")
@Outcome(id = {"1, 0", "0, 1", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "noticed")
@Outcome(expect = Expect.FORBIDDEN, desc = "nobody noticed: a driver hangs")
@State
public class EventIndexInterruptStress {
    private static final StressedRing RING = new StressedRing(true);

    private final Turns driver = new Turns();
    private final Turns device = new Turns();

    /** Asks and looks. */
    @Actor
    public void listen(II_Result r) {
        RING.ignore();
        RING.offer();
        driver.finish(1);
        device.awaitStep(1);
        driver.finish(2);
        r.r1 = RING.listen() ? 1 : 0;
        device.awaitStep(2);
    }

    /** Answers. */
    @Actor
    public void answer(II_Result r) {
        driver.awaitStep(1);
        RING.take();
        device.finish(1);
        driver.awaitStep(2);
        r.r2 = RING.answer() ? 1 : 0;
        device.finish(2);
    }
}
