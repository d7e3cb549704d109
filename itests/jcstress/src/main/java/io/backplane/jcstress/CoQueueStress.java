package io.backplane.jcstress;

import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** One waits in a {@link CoQueue} for what the other puts, under their mutex, and wakes for. */
@JCStressTest
@Rule("C5")
@Rule(value = "C5", bug = "releases the mutex, then joins the waiters")
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "taken")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails: the wake was lost")
@State
public class CoQueueStress {
    private final CoMutex mutex = new CoMutex();
    private final CoQueue queue = new CoQueue(mutex);
    private final Lane.Part taker = new Lane.Part();
    private final Lane.Part putter = new Lane.Part();
    private int items;

    /** Takes. */
    @Actor
    public void take(II_Result r) {
        r.r1 = Lane.MAIN.run(taker, putter, () -> {
            try (CoMutex.Held _ = mutex.awaitLock()) {
                while (items == 0) {
                    queue.awaitWake();
                }
                items--;
            }
        }) ? 1 : 0;
    }

    /** Puts. */
    @Actor
    public void put(II_Result r) {
        Jitter.spin();
        r.r2 = Lane.IO.run(putter, taker, () -> {
            try (CoMutex.Held _ = mutex.awaitLock()) {
                items++;
                queue.wakeNext();
            }
        }) ? 1 : 0;
    }
}
