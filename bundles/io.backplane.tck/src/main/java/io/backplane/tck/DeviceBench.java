package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.block.graph.BlockNode;
import io.backplane.graph.Graph;
import io.backplane.sim.SimDisk;
import io.backplane.sim.SimHostFileEngine;
import io.backplane.sim.SimNotifier;
import io.backplane.sim.SimWorld;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A device of the model under test in a simulated world: its transport and its guest, with a ring a
 * queue. One per run; main.
 */
final class DeviceBench implements DeviceGround {
    private static final String NODE = "disk";
    private static final String FILE = "/tck/disk";
    private static final long DISK_BYTES = 1 << 20;

    /** A queue of the device, both sides of it. */
    final class Queue {
        final GuestRing guest = new GuestRing(random, arena);
        private final List<GuestRing.Request> requests = new ArrayList<>();
        private final List<DeviceConformance.GoodRequest> good = new ArrayList<>();
        private final AioContext home;
        QueueRunner runner;
        SimNotifier kick;
        VirtQueue queue;

        private Queue(AioContext home) {
            this.home = home;
        }

        /** Offers a good request, if there is room. */
        void offer() {
            if (guest.hasRoom()) {
                DeviceConformance.GoodRequest next = kit.request(random);
                good.add(next);
                requests.add(guest.offer(next.readable(), next.writableBytes()));
            }
        }

        void kick() {
            kick.set();
        }

        /** Looks for answers and checks them; how many there were. */
        int collect() {
            int count = guest.collect();
            for (int i = requests.size() - 1; i >= 0; i--) {
                GuestRing.Request request = requests.get(i);
                if (request.isAnswered()) {
                    requests.remove(i);
                    DeviceConformance.GoodRequest asked = good.remove(i);
                    if (checksAnswers) {
                        asked.check().answered(request.written(), request.usedBytes());
                    }
                }
            }
            return count;
        }

        private void forget() {
            requests.clear();
            good.clear();
        }

        /** Waits until all requests are answered. */
        void awaitAnswers() {
            while (collect() > 0 || guest.inFlight() > 0) {
                if (guest.broken() != null) {
                    throw new AssertionError("good requests broke the device: " + guest.broken());
                }
                Coroutine.awaitYield();
            }
        }

        /** Waits until the device is broken. */
        void awaitBroken() {
            while (guest.broken() == null) {
                Coroutine.awaitYield();
            }
        }
    }

    final SimWorld world;
    final Graph graph;
    final Random random;
    final List<Queue> queues = new ArrayList<>();
    private final DeviceConformance kit;
    private final Arena arena = Arena.ofShared();
    private BlockBackend backend;
    private VirtioDeviceRequest request;
    BlockNode disk;
    VirtioDevice device;
    long features;
    int configChanges;
    boolean checksAnswers = true;

    DeviceBench(SimWorld world, DeviceConformance kit, long seed) throws BlockException {
        this.world = world;
        this.kit = kit;
        random = new Random(seed);
        graph = new Graph(world.main());
        graph.addDriver(new DiskDriver(new SimHostFileEngine(world.disk(), "threads"), 1));
    }

    @Override
    public String disk() {
        return NODE;
    }

    @Override
    public BlockDevOpsPublisher publisher() {
        return graph;
    }

    SimDisk storage() {
        return world.disk();
    }

    // ---- life of the device

    /** Makes a device and starts its queues with the features {@code accepted} of its own. */
    DeviceBench awaitOpen(long accepted) throws Exception {
        VirtioDeviceModel model = kit.newModel(this);
        Record options = kit.options(this);
        if (model.drive(options) != null) {
            world.disk().file(FILE, DISK_BYTES);
            disk = graph.awaitAdd(BlockdevOptions.of(DiskDriver.NAME, NODE, new DiskOptions(FILE)));
            backend = graph.awaitAttach("device", new BlockdevRef.ByName(NODE), new Permissions(
                    BlockPermission.CONSISTENT_READ.bit() | BlockPermission.WRITE.bit(),
                    Permissions.ALL), world.main());
        }
        request = new VirtioDeviceRequest("device", options, backend);
        AioContext[] homes = {world.main(), world.ioThread("io0"), world.ioThread("io1")};
        device = model.create(request);
        for (int i = 0; i < device.queueCount(); i++) {
            queues.add(new Queue(homes[random.nextInt(homes.length)]));
        }
        install();
        awaitStart(accepted, true);
        return this;
    }

    private void install() {
        device.attach(() -> configChanges++);
        for (int i = 0; i < queues.size(); i++) {
            Queue queue = queues.get(i);
            queue.runner = device.openQueue(i, queue.home);
            queue.runner.faultListener(bug -> world.fail(new AssertionError("the device breaks"
                    + " its contract: " + bug, bug)));
        }
    }

    /** Starts the queues, on fresh rings or on the rings as they are. */
    void awaitStart(long accepted, boolean fresh) {
        features = accepted;
        device.acceptFeatures(accepted | ringFeatures());
        for (Queue queue : queues) {
            queue.queue = fresh ? queue.guest.open(ringFeatures())
                    : queue.guest.reopen(ringFeatures(), queue.queue);
            if (fresh) {
                queue.forget();
            }
            queue.kick = new SimNotifier();
            inHome(queue, () -> queue.runner.start(queue.queue, queue.kick));
        }
    }

    private static long ringFeatures() {
        return io.backplane.virtio.VirtioFeatures.INDIRECT_DESC
                | io.backplane.virtio.VirtioFeatures.VERSION_1;
    }

    void awaitStop() {
        for (Queue queue : queues) {
            inHome(queue, () -> queue.queue = queue.runner.awaitStop());
            queue.kick.close();
        }
    }

    private void inHome(Queue queue, SimWorld.Body body) {
        world.go(queue.home, "transport", body).await();
    }

    /** What a guest's reset does: queues stopped, device reset, fresh rings. */
    void awaitReset() {
        awaitStop();
        device.reset();
        awaitStart(features, true);
    }

    /** Another version of the model takes over, by way of the bytes of the state. */
    void awaitSwap() throws Exception {
        awaitStop();
        byte[] config = config();
        byte[] state = device.freeze().encode();
        device.awaitClose();
        try {
            device = kit.newModel(this).thaw(request, StateRecord.decode(state));
        } catch (StateException e) {
            throw new AssertionError("a device's own state is refused: " + e.getMessage(), e);
        }
        install();
        awaitStart(features, false);
        if (!java.util.Arrays.equals(config, config())) {
            throw new AssertionError("configuration space is another after the thaw");
        }
    }

    byte[] config() {
        byte[] all = new byte[device.configBytes()];
        device.readConfig(0, all);
        return all;
    }

    void awaitClose() throws BlockException {
        awaitStop();
        device.awaitClose();
        queues.clear();
        arena.close();
        if (backend != null) {
            backend.awaitClose();
            graph.awaitDelete(NODE);
        }
    }

    // ---- the guest

    /** Offers up to {@code count} good requests to each queue, with or without a kick. */
    void offer(int count, boolean kicks) {
        for (Queue queue : queues) {
            for (int i = 0; i < count; i++) {
                queue.offer();
            }
            if (kicks) {
                queue.kick();
            }
        }
    }

    void awaitAnswers() {
        queues.forEach(Queue::awaitAnswers);
    }

    /** Good requests of all queues, some at a time. */
    void awaitTraffic(int rounds) {
        for (int i = 0; i < rounds; i++) {
            offer(1 + random.nextInt(GuestRing.SLOTS), true);
            Bench.awaitOthers(random.nextInt(4));
            queues.forEach(Queue::collect);
        }
        awaitAnswers();
    }
}
