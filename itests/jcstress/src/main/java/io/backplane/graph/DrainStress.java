package io.backplane.graph;

import io.backplane.block.graph.DrainedSection;
import io.backplane.jcstress.Jitter;
import io.backplane.jcstress.Lane;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * In-flight against drain, on a shipped backend above a shipped node: main drains twice without a
 * turn in between, another context sends two requests. None is inside while a section holds, and
 * each goes through.
 */
@JCStressTest
@Rule({"D1", "D5", "D7"})
@Rule(value = "D5", bug = "a request counts itself out, then takes the queue's lock")
@Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "quiet inside the sections")
@Outcome(id = "1, 1, .*", expect = Expect.FORBIDDEN, desc = "a request inside a drained section")
@Outcome(expect = Expect.FORBIDDEN, desc = "sleeps for ever or fails")
@State
public class DrainStress {
    private static final DrainedDisk DISK = new DrainedDisk();

    private final Lane.Part drainer = new Lane.Part();
    private final Lane.Part sender = new Lane.Part();
    private int disturbed;

    /** Main. */
    @Actor
    public void drain(III_Result r) {
        r.r1 = Lane.MAIN.run(drainer, sender, () -> {
            for (int i = 0; i < 2; i++) {
                try (DrainedSection _ = DISK.graph.awaitDrained(DISK.node)) {
                    disturbed += DISK.isInside() ? 1 : 0;
                    Jitter.spin();
                    disturbed += DISK.isInside() ? 1 : 0;
                }
            }
        }) ? 1 : 0;
        r.r3 = disturbed;
    }

    /** Another context. */
    @Actor
    public void send(III_Result r) {
        r.r2 = Lane.IO.run(sender, drainer, () -> {
            Jitter.spin();
            DISK.awaitRead();
            DISK.awaitRead();
        }) ? 1 : 0;
    }
}
