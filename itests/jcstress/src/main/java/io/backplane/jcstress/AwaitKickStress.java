package io.backplane.jcstress;

import io.backplane.aio.AioWait;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The store-buffer litmus of {@link AioWait}: one changes a plain condition, then looks for a
 * waiter; the other becomes a waiter, then looks at the condition.
 */
@JCStressTest
@Rule("E10")
@Rule(value = "E10", bug = "looks at the condition, then arms itself")
@Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "saw the change")
@Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails: the kick was lost")
@State
public class AwaitKickStress {
    private final AioWait wait = new AioWait(null);
    private final Lane.Part waiter = new Lane.Part();
    private final Lane.Part changer = new Lane.Part();
    private boolean busy = true;

    /** Waits. */
    @Actor
    public void await(I_Result r) {
        r.r1 = Lane.MAIN.run(waiter, changer, () -> wait.awaitWhile(() -> busy)) ? 1 : 0;
    }

    /** Changes and kicks. */
    @Actor
    public void change() {
        Jitter.spin();
        busy = false;
        wait.kick();
        changer.end();
    }
}
