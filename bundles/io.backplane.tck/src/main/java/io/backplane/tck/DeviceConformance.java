package io.backplane.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.backplane.block.graph.DrainedSection;
import io.backplane.sim.RandomChoices;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import io.backplane.virtio.device.VirtioDeviceModel;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every virtio device has to stand. A device's bundle extends it with a test class that says
 * how its devices are made and what a good request is:
 *
 * <pre>{@code
 * class DiceConformanceTest extends DeviceConformance {
 *     protected VirtioDeviceModel newModel(DeviceGround ground) {
 *         return new DiceModel();
 *     }
 *
 *     protected Record options(DeviceGround ground) {
 *         return new DiceOptions(6);
 *     }
 *
 *     protected GoodRequest request(Random random) {
 *         return new GoodRequest(new byte[0], 1, (written, usedBytes) -> assertEquals(1, usedBytes));
 *     }
 * }
 * }</pre>
 *
 * <p>The device has a guest and a transport in a simulated world, its disk is in the shipped graph.
 * Each random case prints the seed that repeats it: {@code -Dbackplane.seed=N}.
 */
public abstract class DeviceConformance {
    private static final int ROUNDS = 12;
    private static final int STEPS_MAX = 4_000_000;
    /** Bits of rings and transports; virtio 1.2, 2.2. */
    private static final long NOT_OF_DEVICES = 0x0003_ffff_ff00_0000L;

    /** Looks at an answer. */
    public interface Check {
        /**
         * Fails if it is wrong.
         *
         * @param written the writable part
         * @param usedBytes how much of it the device says it has written
         */
        void answered(byte[] written, long usedBytes);
    }

    /**
     * A request that the device must answer, on any of its queues, whatever features were accepted.
     *
     * @param readable what the device reads
     * @param writableBytes room for what it writes; both together at most
     *     {@link GuestRing#REQUEST_BYTES_MAX}
     * @param check of the answer
     */
    public record GoodRequest(byte[] readable, int writableBytes, Check check) {
    }

    /** Code of a case, in a coroutine of main. */
    interface Step {
        void run(DeviceBench bench) throws Exception;
    }

    // ---- what the device's bundle says

    /** A new model, as its bundle makes it. */
    protected abstract VirtioDeviceModel newModel(DeviceGround ground);

    /** Properties of the device. */
    protected abstract Record options(DeviceGround ground);

    /** A request, another one each time. */
    protected abstract GoodRequest request(Random random);

    /** Classes of the bundle under test; their jars or folders are its whole code. */
    protected List<Class<?>> bundleClasses() {
        return List.of(newModel(nowhere()).getClass());
    }

    private static DeviceGround nowhere() {
        return new DeviceGround() {
            @Override
            public String disk() {
                return "disk";
            }

            @Override
            public io.backplane.block.backend.BlockDevOpsPublisher publisher() {
                return (_, _) -> () -> { };
            }
        };
    }

    // ---- how a case runs

    private void simulate(Step step) {
        simulate(ROUNDS, 0, step);
    }

    private void simulate(int rounds, long accepted, Step step) {
        Long given = Long.getLong("backplane.seed");
        long first = given != null ? given : new Random().nextInt(1 << 30);
        for (long seed = first; seed < first + (given != null ? 1 : rounds); seed++) {
            simulateOnce(seed, accepted, step);
        }
    }

    private void simulateOnce(long seed, long accepted, Step step) {
        try {
            SimWorld world = new SimWorld(new RandomChoices(seed));
            world.limitSteps(STEPS_MAX);
            world.run(() -> {
                DeviceBench bench = new DeviceBench(world, this, seed);
                bench.awaitOpen(accepted);
                step.run(bench);
                bench.awaitClose();
                assertEquals(List.of(), bench.graph.nodes(), "nodes left");
                assertEquals(0, world.disk().openCount(), "host files left open");
                bench.graph.close();
            });
        } catch (Throwable e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new AssertionError(cause.getMessage() + " (-Dbackplane.seed=" + seed + ")", e);
        }
    }

    // ---- requests

    @Test
    void goodRequestsAreAnsweredInAnyNumber() {
        simulate(bench -> bench.awaitTraffic(40));
    }

    @Test
    @Tag("V1")
    void requestsThatWereThereBeforeTheStartNeedNoKick() {
        simulate(bench -> {
            bench.awaitStop();
            bench.offer(5, false);
            bench.awaitStart(0, false);
            bench.awaitAnswers();
        });
    }

    // ---- features and configuration

    @Test
    void offersFeaturesOfItsOwnOnly() {
        simulate(1, 0, bench -> {
            assertEquals(0, bench.device.features() & NOT_OF_DEVICES,
                    "features of rings or transports are on offer");
            assertEquals(bench.device.features(), bench.device.features());
            assertTrue(bench.queues.size() >= 1 && bench.device.deviceId() > 0);
        });
    }

    @Test
    void anyPartOfTheFeaturesMayBeAccepted() {
        simulate(bench -> {
            for (int i = 0; i < 4; i++) {
                bench.awaitStop();
                bench.device.reset();
                bench.awaitStart(bench.device.features() & bench.random.nextLong(), true);
                bench.awaitTraffic(4);
            }
        });
    }

    @Test
    void configurationReadsTheSameInAnyPiecesAndAsZeroesBehindItsEnd() {
        simulate(1, 0, bench -> {
            int bytes = bench.device.configBytes();
            byte[] all = new byte[bytes + 64];
            bench.device.readConfig(0, all);
            for (int i = 0; i < 400; i++) {
                int offset = bench.random.nextInt(all.length);
                byte[] part = new byte[bench.random.nextInt(all.length - offset + 1)];
                bench.device.readConfig(offset, part);
                assertArrayEquals(Arrays.copyOfRange(all, offset, offset + part.length), part,
                        "configuration at " + offset);
            }
            for (int offset : new int[] {bytes, bytes + 1, 1 << 16, Integer.MAX_VALUE - 1,
                Integer.MAX_VALUE}) {
                byte[] part = new byte[9];
                bench.device.readConfig(offset, part);
                assertArrayEquals(new byte[9], part, "configuration at " + offset);
            }
        });
    }

    @Test
    void refusedWritesOfConfigurationChangeNothing() {
        simulate(bench -> {
            int bytes = bench.device.configBytes();
            for (int i = 0; i < 300; i++) {
                byte[] before = bench.config();
                int offset = bench.random.nextInt(8) == 0 ? Integer.MAX_VALUE - i
                        : bench.random.nextInt(bytes + 8);
                byte[] from = new byte[bench.random.nextInt(12)];
                bench.random.nextBytes(from);
                if (!bench.device.writeConfig(offset, from)) {
                    assertArrayEquals(before, bench.config(), "refused write at " + offset);
                }
            }
            bench.awaitTraffic(3);
            bench.awaitReset();
            bench.awaitTraffic(3);
        });
    }

    // ---- hostile guests

    @Test
    void lieOfTheGuestBreaksItsDeviceUntilTheNextReset() {
        for (Lie lie : Lie.values()) {
            simulate(2, 0, bench -> {
                bench.awaitTraffic(2);
                DeviceBench.Queue queue = bench.queues.get(
                        bench.random.nextInt(bench.queues.size()));
                long seen = queue.guest.usedIndex();
                lie.tell(queue.guest);
                queue.kick();
                queue.awaitBroken();
                assertEquals(seen, queue.guest.usedIndex(), "answers to " + lie);
                assertTrue(queue.queue.isBroken(), lie.name());
                bench.awaitReset();
                bench.awaitTraffic(2);
            });
        }
    }

    @Test
    void chainWithoutSenseIsAnsweredOrBreaksTheDeviceAndIsKeptTo() {
        simulate(bench -> {
            bench.checksAnswers = false;
            for (int i = 0; i < 30; i++) {
                DeviceBench.Queue queue = bench.queues.get(0);
                StrangeChain chain = new StrangeChain(queue.guest, bench.random, request(
                        bench.random));
                int before = queue.guest.usedIndex();
                queue.kick();
                while (queue.guest.usedIndex() == before && queue.guest.broken() == null) {
                    Bench.awaitOthers(1);
                }
                chain.check(queue.guest.broken() == null);
                if (queue.guest.broken() != null || i % 8 == 7) {
                    bench.awaitReset();
                } else {
                    queue.guest.skipAnswers();
                }
            }
            bench.awaitReset();
            bench.checksAnswers = true;
            bench.awaitTraffic(2);
        });
    }

    // ---- reset, run token, drain

    @Test
    @Tag("V2")
    void resetInFlightEndsWhatWasTakenAndTheDeviceStartsAnew() {
        simulate(bench -> {
            for (int i = 0; i < 6; i++) {
                bench.offer(GuestRing.SLOTS, true);
                Bench.awaitOthers(bench.random.nextInt(12));
                bench.awaitStop();
                assertQuiet(bench, "stopped");
                bench.device.reset();
                bench.awaitStart(0, true);
                bench.awaitTraffic(2);
            }
        });
    }

    private static void assertQuiet(DeviceBench bench, String when) {
        byte[][] before = memories(bench);
        Bench.awaitOthers(20);
        assertTrue(Arrays.deepEquals(before, memories(bench)),
                "guest memory changes while the queues are " + when);
        for (DeviceBench.Queue queue : bench.queues) {
            assertEquals(0, queue.queue.inUse(), "requests in flight while " + when);
        }
    }

    private static byte[][] memories(DeviceBench bench) {
        return bench.queues.stream().map(queue -> queue.guest.memory()
                .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)).toArray(byte[][]::new);
    }

    @Test
    @Tag("V3")
    void queueWithoutItsRunTokenTakesNothingAndLooksWhenItComesBack() {
        simulate(bench -> {
            for (int i = 0; i < 4; i++) {
                bench.offer(4, true);
                bench.queues.forEach(queue -> queue.runner.token().revoke());
                bench.queues.forEach(queue -> queue.runner.token().revoke());
                awaitRest(bench);
                int[] used = used(bench);
                bench.offer(4, true);
                Bench.awaitOthers(15);
                assertArrayEquals(used, used(bench), "answers without the run token");
                bench.queues.forEach(queue -> queue.runner.token().giveBack());
                Bench.awaitOthers(15);
                assertArrayEquals(used, used(bench), "answers after one of two was given back");
                bench.queues.forEach(queue -> queue.runner.token().giveBack());
                bench.awaitAnswers();
            }
        });
    }

    /** Waits until nothing is being taken and nothing is in flight. */
    private static void awaitRest(DeviceBench bench) {
        while (bench.queues.stream().anyMatch(queue -> queue.runner.isInside()
                || queue.queue.inUse() > 0)) {
            Bench.awaitOthers(1);
        }
    }

    private static int[] used(DeviceBench bench) {
        return bench.queues.stream().mapToInt(queue -> queue.guest.usedIndex()).toArray();
    }

    @Test
    @Tag("D1")
    @Tag("V4")
    void drainOfTheDiskHoldsTheDeviceAndItsEndSetsItGoing() {
        assumeDisk();
        simulate(bench -> {
            for (int i = 0; i < 5; i++) {
                bench.offer(6, true);
                Bench.awaitOthers(bench.random.nextInt(10));
                try (DrainedSection _ = bench.graph.awaitDrained(bench.disk)) {
                    assertEquals(0, bench.disk.inFlight(), "requests on a drained disk");
                    int[] used = used(bench);
                    bench.offer(3, true);
                    Bench.awaitOthers(20);
                    assertArrayEquals(used, used(bench), "answers while the disk is drained");
                    assertEquals(0, bench.storage().inFlight(), "requests below a drained disk");
                }
                bench.awaitAnswers();
            }
        });
    }

    @Test
    @Tag("V5")
    void resetAndStartInsideADrainBeginNothing() {
        assumeDisk();
        simulate(bench -> {
            bench.offer(6, true);
            SimTask reset;
            try (DrainedSection _ = bench.graph.awaitDrained(bench.disk)) {
                reset = bench.world.go(bench.world.main(), "reset", bench::awaitReset);
                while (!reset.isDone()) {
                    Bench.awaitOthers(1);
                }
                bench.offer(3, true);
                Bench.awaitOthers(20);
                for (int used : used(bench)) {
                    assertEquals(0, used, "answers of a queue started while the disk is drained");
                }
            }
            bench.awaitAnswers();
        });
    }

    private void assumeDisk() {
        Assumptions.assumeTrue(newModel(nowhere()).drive(options(nowhere())) != null,
                "the device has no disk");
    }

    @Test
    void errorOfTheDiskIsAnAnswer() {
        assumeDisk();
        simulate(bench -> {
            bench.checksAnswers = false;
            for (int skip = 0; skip < 30; skip += 3) {
                bench.storage().failRequests(skip, 1 + bench.random.nextInt(3));
                bench.awaitTraffic(3);
                bench.storage().failRequests(0, 0);
            }
            bench.checksAnswers = true;
            bench.awaitTraffic(2);
        });
    }

    // ---- another version takes over

    @Test
    void deviceFrozenAndThawedUnderLoadAnswersEveryRequest() {
        simulate(bench -> {
            for (int i = 0; i < 6; i++) {
                bench.offer(GuestRing.SLOTS, true);
                Bench.awaitOthers(bench.random.nextInt(12));
                bench.awaitSwap();
                bench.offer(2, true);
                bench.awaitAnswers();
            }
        });
    }

    @Test
    void whatTheDriverWroteToConfigurationSurvivesTheChange() {
        simulate(bench -> {
            byte[] one = new byte[1];
            for (int offset = 0; offset < bench.device.configBytes(); offset++) {
                bench.random.nextBytes(one);
                bench.device.writeConfig(offset, one);
            }
            bench.awaitSwap(); // compares
            bench.awaitTraffic(2);
        });
    }

    // ---- leaks

    @Test
    void openAndCloseAgainAndAgainLeaksNothing() {
        Leaks leaks = new Leaks();
        for (int round = 0; round < 12; round++) {
            simulateOnce(round, 0, bench -> bench.awaitTraffic(3));
            leaks.measure(round == 2);
        }
        leaks.check();
    }

    @Test
    void unloadedBundleIsCollected() throws Exception {
        var loader = Isolated.use(this, bundleClasses(), other -> other.simulateOnce(1, 0,
                bench -> {
                    bench.awaitTraffic(5);
                    bench.awaitSwap();
                    bench.awaitTraffic(5);
                }));
        assertNull(Isolated.awaitCollected(loader),
                "the class loader of the device is still reachable after it is closed");
    }
}
