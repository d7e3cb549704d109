package io.backplane.jcstress;

import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Kicks with event index: the driver adds a request, then looks whether it shall kick; the device
 * asks for kicks, then looks whether there is a request.
 */
@JCStressTest
@Rule({"E14", "V3"})
@Rule(value = "E14", bug = "no fence between the wish for kicks and the look at the ring")
@Outcome(id = {"1, 0", "0, 1", "1, 1"}, expect = Expect.ACCEPTABLE, desc = "noticed")
@Outcome(expect = Expect.FORBIDDEN, desc = "nobody noticed: a request hangs")
@State
public class EventIndexKickStress {
    private static final StressedRing RING = new StressedRing(true);

    private final Turns driver = new Turns();
    private final Turns device = new Turns();

    /** Adds. */
    @Actor
    public void offer(II_Result r) {
        device.awaitStep(1);
        driver.finish(1);
        r.r1 = RING.offer() ? 1 : 0;
        driver.finish(2);
        device.awaitStep(2);
    }

    /** Asks and looks. */
    @Actor
    public void listen(II_Result r) {
        RING.queue.disableNotifications();
        device.finish(1);
        driver.awaitStep(1);
        r.r2 = RING.queue.enableNotifications() ? 1 : 0;
        driver.awaitStep(2);
        RING.take();
        RING.answer();
        device.finish(2);
    }
}
