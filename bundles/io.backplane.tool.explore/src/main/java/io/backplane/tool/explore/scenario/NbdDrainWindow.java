package io.backplane.tool.explore.scenario;

import io.backplane.aio.Coroutine;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.graph.DrainedSection;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Scenario;
import java.util.ArrayList;
import java.util.List;

/**
 * An export that switches the parking of requests off, as NBD does, because it stops taking them
 * itself: flooded and drained, nothing passes. The gate stands in for the export's.
 */
@Rule({"D3", "D6"})
public final class NbdDrainWindow implements Scenario {
    /** Lets requests of one context pass while the backend is not drained. */
    private static class Gate implements BlockDevOps {
        final BlockBackend backend;
        final SimContext home;
        final List<Coroutine> waiting = new ArrayList<>();
        private int drains;

        Gate(BlockBackend backend, SimContext home) {
            this.backend = backend;
            this.home = home;
        }

        boolean isShut() {
            return drains > 0;
        }

        void awaitPass() {
            backend.incrementInFlight();
            Preemption.point();
            while (isShut()) {
                waiting.add(Coroutine.current());
                backend.decrementInFlight();
                Coroutine.suspend();
                backend.incrementInFlight();
                Preemption.point();
            }
        }

        void leave() {
            backend.decrementInFlight();
        }

        @Override
        public void drainedBegin() {
            drains++;
        }

        @Override
        public boolean drainedPoll() {
            return false; // who passes is counted in the backend
        }

        @Override
        public void drainedEnd() {
            drains--;
            home.schedule(this::open);
        }

        private void open() {
            List<Coroutine> now = List.copyOf(waiting);
            waiting.clear();
            now.forEach(Coroutine::wake);
        }

        @Override
        public void resized() {
            // nobody to tell
        }
    }

    /** Planted: takes requests during a drain. */
    private static final class OpenGate extends Gate {
        OpenGate(BlockBackend backend, SimContext home) {
            super(backend, home);
        }

        @Override
        boolean isShut() {
            return false;
        }
    }

    /** Planted: looks first, and counts who passes when it is too late. */
    private static final class LateGate extends Gate {
        LateGate(BlockBackend backend, SimContext home) {
            super(backend, home);
        }

        @Override
        void awaitPass() {
            while (isShut()) {
                waiting.add(Coroutine.current());
                Coroutine.suspend();
            }
            Preemption.point();
            backend.incrementInFlight();
        }
    }

    @Override
    public String name() {
        return "R-NBD-DRAIN-WINDOW";
    }

    @Override
    public String about() {
        return "a flooded gate that stops taking requests by itself is drained";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("gate-stays-open", "the gate takes requests during the drain"),
                Bug.of("counted-late", "the gate looks, and counts who passes afterwards"));
    }

    private static Gate gate(String bug, BlockBackend backend, SimContext home) {
        if (bug == null) {
            return new Gate(backend, home);
        }
        return bug.equals("counted-late") ? new LateGate(backend, home)
                : new OpenGate(backend, home);
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Storage storage = new Storage(world).awaitAdd(false);
        SimContext io = world.ioThread("io1");
        BlockBackend backend = storage.awaitAttach("b", io);
        Gate gate = gate(bug, backend, io);
        storage.graph.publish("b", gate);
        backend.parkRequests(false);
        for (int i = 0; i < 2; i++) {
            world.go(io, "client " + i, () -> {
                for (int round = 0; round < 3; round++) {
                    gate.awaitPass();
                    try {
                        backend.preadv(0, 512, storage.buffer(512, 0), 0, 0);
                    } finally {
                        gate.leave();
                    }
                }
            });
        }
        for (int round = 0; round < 2; round++) {
            try (DrainedSection section = storage.graph.awaitDrained(storage.node())) {
                assert section != null;
                storage.assertQuiet();
                Coroutine.awaitYield();
                storage.assertQuiet();
            }
        }
    }
}
