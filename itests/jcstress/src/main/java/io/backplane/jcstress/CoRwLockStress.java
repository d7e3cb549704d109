package io.backplane.jcstress;

import io.backplane.aio.CoRwLock;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A reader that becomes a writer, and a writer that becomes a reader, of one {@link CoRwLock}. */
@JCStressTest
@Rule("C5")
@Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "both went through")
@Outcome(id = "1, 1, .*", expect = Expect.FORBIDDEN, desc = "a reader saw half a change")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails: the grant was lost")
@State
public class CoRwLockStress {
    private final CoRwLock lock = new CoRwLock();
    private final Lane.Part one = new Lane.Part();
    private final Lane.Part two = new Lane.Part();
    private int left;
    private int right;
    private volatile boolean torn;

    /** Reads, then writes. */
    @Actor
    public void upgrade(III_Result r) {
        r.r1 = Lane.MAIN.run(one, two, () -> {
            CoRwLock.Held _ = lock.awaitRead();
            look();
            try (CoRwLock.Held _ = lock.awaitUpgrade()) {
                change();
            }
        }) ? 1 : 0;
    }

    /** Writes, then reads. */
    @Actor
    public void downgrade(III_Result r) {
        r.r2 = Lane.IO.run(two, one, () -> {
            CoRwLock.Held _ = lock.awaitWrite();
            change();
            try (CoRwLock.Held _ = lock.downgrade()) {
                look();
            }
        }) ? 1 : 0;
    }

    private void look() {
        if (left != right) {
            torn = true;
        }
    }

    /** What the readers saw. */
    @Arbiter
    public void sum(III_Result r) {
        r.r3 = torn ? 1 : 0;
    }

    private void change() {
        left++;
        Jitter.spin();
        right++;
    }
}
