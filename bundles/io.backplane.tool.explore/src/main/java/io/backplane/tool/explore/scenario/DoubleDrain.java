package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioWait;
import io.backplane.aio.Coroutine;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.DrainedSection;
import io.backplane.device.virtio.blk.VirtioBlkModel;
import io.backplane.device.virtio.blk.VirtioBlkOptions;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimContext;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.RunToken;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.util.List;

/**
 * A virtio-blk device whose guest floods it is drained, let go and drained again without a turn of
 * any loop in between: no request is taken in either section, and all are answered at the end.
 */
@Rule({"D3", "D9", "V5"})
public final class DoubleDrain implements Scenario {
    private static final String DEVICE = "io.backplane.device.virtio.blk.VirtioBlk";
    private static final String TOKEN = "io.backplane.virtio.RunToken";
    private static final int REQUESTS = 4;

    @Override
    public String name() {
        return "R-DOUBLE-DRAIN-EXPORT";
    }

    @Override
    public String about() {
        return "begin, end, begin of a drain of a flooded virtio-blk device in one turn";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("late-give-back", "the run token is a flag, and is given back one turn"
                                + " after the drain's end",
                        Patch.call(DEVICE, "drainedEnd", TOKEN, "giveBack", DoubleDrain.class,
                                "giveBackLater"),
                        Patch.put(TOKEN, "revoke", "revocations", DoubleDrain.class,
                                "revokeOnce")),
                Bug.of("drain-looks-not-inside", "the drain does not wait for the handler that"
                                + " is taking requests",
                        Patch.call(DEVICE, "drainedPoll", "io.backplane.virtio.QueueRunner",
                                "isInside", DoubleDrain.class, "no"),
                        Patch.call("io.backplane.device.virtio.blk.VirtioBlkQueue", "enter",
                                "io.backplane.block.backend.BlockBackend", "incrementInFlight",
                                DoubleDrain.class, "nothing"),
                        Patch.call("io.backplane.device.virtio.blk.VirtioBlkQueue", "leave",
                                "io.backplane.block.backend.BlockBackend", "decrementInFlight",
                                DoubleDrain.class, "nothing")));
    }

    /** Planted. */
    public static void giveBackLater(RunToken token) {
        Preemption.world().main().schedule(() -> {
            if (!token.isHeld()) {
                token.giveBack();
            }
        });
    }

    /** Planted. */
    public static void revokeOnce(Object token, int count) {
        Inside.set(token, "revocations", 1);
    }

    /** Planted. */
    public static boolean no(Object runner) {
        return false;
    }

    /** Planted. */
    public static void nothing(Object backend) {
        // not counted
    }

    @Override
    public void run(SimWorld world, String bug) throws Exception {
        Storage storage = new Storage(world).awaitAdd(false);
        SimContext io = world.ioThread("io1");
        BlockBackend backend = storage.awaitAttach("b", io);
        VirtioDevice device = new VirtioBlkModel(storage.graph).create(
                new VirtioDeviceRequest("vda", new VirtioBlkOptions("node", null, 1, null, null,
                        null, null, null, null), backend));
        QueueRunner runner = device.openQueue(0, io);
        GuestQueue guest = new GuestQueue(world.pick(2) == 1);
        guest.wantInterruptAfter(REQUESTS);
        VirtQueue queue = guest.open(0);
        world.go(io, "start", () -> runner.start(queue, guest.kick)).await();
        AioWait wait = new AioWait(null);
        world.main().watch(guest.call, "guest's interrupt", wait::kick, null);
        world.thread("guest", () -> {
            for (int i = 0; i < REQUESTS; i++) {
                guest.offer();
            }
        });
        for (int round = 0; round < 3; round++) {
            try (DrainedSection section = storage.graph.awaitDrained(storage.node())) {
                assert section != null;
                int taken = queue.nextAvail();
                check(storage, queue, taken);
                if (round == 1) {
                    Coroutine.awaitYield();
                    Coroutine.awaitYield();
                }
                check(storage, queue, taken);
            }
        }
        wait.awaitWhile(() -> guest.answered() < REQUESTS && guest.broken() == null);
        if (guest.broken() != null) {
            throw new AssertionError("the device is broken: " + guest.broken());
        }
        world.go(io, "stop", runner::awaitStop).await();
        device.awaitClose();
        backend.awaitClose();
    }

    private static void check(Storage storage, VirtQueue queue, int taken) {
        storage.assertQuiet();
        if (queue.nextAvail() != taken) { // one taken before may be parked in the backend
            throw new AssertionError("a request is taken inside a drained section");
        }
    }
}
