package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.rules.Rule;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.Collection;
import java.util.List;

/** More requests at a time than a pool keeps runners bounce between two contexts. */
@Rule("C6")
public final class PoolCap implements Scenario {
    private static final String POOL = "io.backplane.aio.CoroutinePool";
    private static final int CAP = 256;
    private static final int BURST = CAP + 40;
    private static final int FEW = 5;
    private static final int ONE_BURST_IN = 20;

    @Override
    public String name() {
        return "R-POOL-CAP";
    }

    @Override
    public String about() {
        return "bursts of requests bounce between two contexts and leave few runners behind";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(Bug.of("no-cap", "every runner is kept",
                Patch.call(POOL, "giveBack", "java.util.ArrayDeque", "size", PoolCap.class,
                        "none")));
    }

    /** Planted. */
    public static int none(Object idle) {
        return 0;
    }

    @Override
    public void run(SimWorld world, String bug) {
        SimContext[] contexts = {world.main(), world.ioThread("io1")};
        int count = world.pick(ONE_BURST_IN) == ONE_BURST_IN - 1 ? BURST : FEW;
        for (int i = 0; i < count; i++) {
            world.go(contexts[0], "request " + i, () -> {
                Coroutine.awaitMoveTo(contexts[1]);
                Coroutine.awaitMoveTo(contexts[0]);
            });
        }
        world.atEnd(() -> {
            for (AioContext context : contexts) {
                Collection<?> idle = Inside.get(context.coroutines(), "idle");
                if (idle.size() > CAP) {
                    throw new AssertionError(idle.size() + " idle runners in "
                            + context.name());
                }
            }
        });
    }
}
