package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.Coroutine;
import io.backplane.block.Preallocation;
import io.backplane.rules.Rule;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;

/**
 * An operator resizes a qcow2 image, whose header takes a while to be written, while another
 * drains it and a guest writes to it: the resize goes on inside the drain, and all of them end.
 */
@Rule({"E9", "M5"})
public final class BlockResizeDrain implements Scenario {
    private static final String NODE = "io.backplane.graph.Node";
    private static final int CLUSTERS = 4;
    private static final int ROUNDS = 2;
    private static final long LOOK_NS = 1_000_000;

    @Override
    public String name() {
        return "R-BLOCK-RESIZE-DRAIN";
    }

    @Override
    public String about() {
        return "a resize of qcow2 and the drains of others, beside a guest that writes";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(Bug.of("resize-parks", "a resize waits for the end of others' drains, as"
                        + " requests of guests do",
                Patch.call(NODE, "truncate", "io.backplane.graph.DriverCalls", "truncate",
                        BlockResizeDrain.class, "parkThenTruncate")));
    }

    /** Planted. */
    public static void parkThenTruncate(Object calls, long length, boolean exact,
            Preallocation preallocation, int flags, Object node) {
        AioContext here = AioContext.current();
        while (Inside.<Integer>call(node, "quiesceCount") > 1) {
            try (AioTimer timer = here.newTimer("look", Coroutine.current()::wake)) {
                timer.armAt(here.nowNs() + LOOK_NS);
                Coroutine.suspend();
            }
        }
        Inside.call(calls, "truncate", length, exact, preallocation, flags);
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Overlay overlay = new Overlay(world, CLUSTERS, Qcow2Bytes.empty(CLUSTERS, true))
                .awaitOpen();
        world.disk().faults().slowPercent = 30;
        SimTask resize = world.go(world.main(), "resize", () -> {
            for (int i = 1; i <= ROUNDS; i++) {
                overlay.node().awaitTruncate((long) (CLUSTERS + i) * Qcow2Bytes.CLUSTER,
                        Preallocation.OFF);
            }
        });
        SimTask drain = world.go(world.main(), "drain", () -> {
            for (int i = 0; i < ROUNDS; i++) {
                try (var _ = overlay.awaitDrained()) {
                    Coroutine.awaitYield();
                }
            }
        });
        SimTask guest = world.go(world.ioThread("io1"), "guest", () -> {
            for (int i = 0; i < ROUNDS; i++) {
                overlay.write(i, 1, 1 + i);
            }
        });
        resize.await();
        drain.await();
        guest.await();
        if (overlay.node().length() != (long) (CLUSTERS + ROUNDS) * Qcow2Bytes.CLUSTER) {
            throw new AssertionError("length " + overlay.node().length());
        }
        overlay.awaitClose();
    }
}
