package io.backplane.graph;

import io.backplane.jcstress.Jitter;
import io.backplane.jcstress.Lane;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** Two readers, one after the other, against the writer of the graph lock. */
@JCStressTest
@Rule("G3")
@Rule(value = "G3", bug = "no fence between the writer's announcement and its look at the readers")
@Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "all went through, one at a time")
@Outcome(id = "1, 1, .*", expect = Expect.FORBIDDEN, desc = "a reader beside the writer")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails")
@State
public class GraphLockStress {
    private final GraphLock lock = new GraphLock(Lane.MAIN);
    private final Lane.Part writer = new Lane.Part();
    private final Lane.Part reader = new Lane.Part();
    private int left;
    private int right;
    private volatile boolean torn;

    /** The writer. */
    @Actor
    public void write(III_Result r) {
        r.r1 = Lane.MAIN.run(writer, reader, () -> {
            try (GraphWriteSection _ = lock.awaitWrite()) {
                left++;
                Jitter.spin();
                right++;
            }
        }) ? 1 : 0;
    }

    /** The readers. */
    @Actor
    public void read(III_Result r) {
        r.r2 = Lane.IO.run(reader, writer, () -> {
            Jitter.spin();
            look();
            look();
        }) ? 1 : 0;
    }

    private void look() {
        try (GraphReadSection _ = lock.awaitRead()) {
            int first = left;
            Jitter.spin();
            if (first != right) {
                torn = true;
            }
        }
    }

    /** What the readers saw. */
    @Arbiter
    public void sum(III_Result r) {
        r.r3 = torn ? 1 : 0;
    }
}
