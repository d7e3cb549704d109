package io.backplane.jcstress;

import io.backplane.loop.LoopUnderStress;
import io.backplane.rules.Rule;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Two threads put callbacks into one loop: each runs once, those of one thread in their order. */
@JCStressTest
@Rule({"E1", "E4"})
@Outcome(id = "(1234|1324|1342|3124|3142|3412)", expect = Expect.ACCEPTABLE, desc = "in order")
@Outcome(expect = Expect.FORBIDDEN, desc = "one lost, twice or out of order")
@State
public class InboxStress {
    private final LoopUnderStress loop = new LoopUnderStress();
    private int order;

    /** One. */
    @Actor
    public void first() {
        loop.schedule(() -> order = order * 10 + 1);
        loop.schedule(() -> order = order * 10 + 2);
    }

    /** Another. */
    @Actor
    public void second() {
        loop.schedule(() -> order = order * 10 + 3);
        loop.schedule(() -> order = order * 10 + 4);
    }

    /** The owner, later. */
    @Arbiter
    public void run(I_Result r) {
        loop.run(() -> true);
        r.r1 = order;
    }
}
