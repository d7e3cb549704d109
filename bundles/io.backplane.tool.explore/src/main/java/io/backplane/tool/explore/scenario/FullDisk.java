package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Three contexts write to a qcow2 overlay, read what they wrote, and are told now and then that the
 * host has no space; then it has some again. What failed is old or new until it is written again,
 * everything else is as written, and the image that is left has no error and no lost cluster.
 *
 * <p>What it reads and checks also tells of a disk that writes to a wrong place.
 */
@Rule("L7")
public final class FullDisk implements Scenario {
    private static final String QCOW2 = "io.backplane.driver.qcow2.";
    private static final String MISDIRECTED = "misdirected-write";
    private static final int CLUSTERS = 6;
    private static final int LAST = 0x70;

    private SimWorld world;
    private Overlay overlay;
    /** What may be read of each cluster. */
    private List<List<Integer>> allowed;
    private boolean misdirected;

    @Override
    public String name() {
        return "R-DISK-FULL";
    }

    @Override
    public String about() {
        return "writes of a qcow2 overlay on a host without space, and with space again";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("clusters-lost", "what was taken for a write that fails stays counted",
                        Patch.call(QCOW2 + "Writer", "finish", QCOW2 + "Refcounts",
                                "awaitDecrement", FullDisk.class, "keep")),
                Bug.of("entries-forgotten", "a failing write of entries counts as done",
                        Patch.call(QCOW2 + "Settling", "awaitWrite",
                                "io.backplane.block.spi.BlockChild", "pwritev",
                                FullDisk.class, "tryWrite")),
                Bug.of("entry-without-data", "the entry of a write that failed is put in place",
                        Patch.call(QCOW2 + "Writer", "awaitAllocating", QCOW2 + "Writer",
                                "finish", FullDisk.class, "finishAsDone")),
                Bug.of(MISDIRECTED, "the disk writes one sector to a wrong place"));
    }

    /** Planted. */
    public static void keep(Object refcounts, long cluster, long count) {
        // they are lost
    }

    /** Planted. */
    public static void tryWrite(BlockChild child, long offset, long bytes, IoVector iov,
            long from, int flags) {
        try {
            child.pwritev(offset, bytes, iov, from, flags);
        } catch (BlockException e) {
            // nobody is told
        }
    }

    /** Planted. */
    public static Object finishAsDone(Object writer, Object allocation, boolean done) {
        return Inside.call(writer, "finish", allocation, true);
    }

    @Override
    public void run(SimWorld newWorld, String bug) throws Exception {
        new FullDisk().runOnce(newWorld, MISDIRECTED.equals(bug));
    }

    private void runOnce(SimWorld newWorld, boolean misdirect) throws Exception {
        world = newWorld;
        misdirected = misdirect;
        allowed = new ArrayList<>();
        for (int i = 0; i < CLUSTERS; i++) {
            allowed.add(new ArrayList<>(List.of(Overlay.base(i))));
        }
        overlay = new Overlay(world, CLUSTERS, Qcow2Bytes.empty(CLUSTERS, true)).awaitOpen();
        world.disk().faults().nospcPercent = misdirect ? 0 : 20;
        world.disk().faults().misdirectedPercent = misdirect ? 20 : 0;
        AioContext[] contexts = {world.main(), world.ioThread("io1"), world.ioThread("io2")};
        SimTask[] tasks = new SimTask[contexts.length];
        Arrays.setAll(tasks, i -> world.go(contexts[i], "writer " + i, () -> {
            for (int round = 0; round < 2; round++) {
                write(i + contexts.length * world.pick(2), 16 * (round + 1) + i);
            }
        }));
        for (SimTask task : tasks) {
            task.await();
        }
        world.disk().faults().nospcPercent = 0;
        world.disk().faults().misdirectedPercent = 0;
        awaitEnd();
    }

    private void write(int cluster, int value) throws BlockException {
        List<Integer> values = allowed.get(cluster);
        values.add(value);
        try {
            overlay.write(cluster, 1, value);
            values.clear();
            values.add(value);
        } catch (BlockException e) {
            tell(e, BlockException.Kind.NO_SPACE);
        }
        verify(cluster);
    }

    private void verify(int cluster) throws BlockException {
        try {
            int seen = overlay.read(cluster);
            if (!allowed.get(cluster).contains(seen)) {
                throw new AssertionError("cluster " + cluster + " reads as " + seen
                        + ", not one of " + allowed.get(cluster));
            }
        } catch (BlockException e) {
            tell(e, null);
        }
    }

    /** A failure that was to be expected; a driver that sees nonsense tells of a bad disk. */
    private void tell(BlockException e, BlockException.Kind expected) throws BlockException {
        if (misdirected) {
            throw new AssertionError("the driver refuses the image: " + e.getMessage());
        }
        if (e.kind() != expected) {
            throw e;
        }
        world.note("write fails: " + e.getMessage());
    }

    /** There is space: everything can be written and read, and is found when all is closed. */
    private void awaitEnd() throws BlockException {
        for (int i = 0; i < CLUSTERS; i++) {
            verify(i);
        }
        for (int i = 0; i < CLUSTERS; i += 1 + world.pick(2)) {
            write(i, LAST + i);
        }
        for (int i = 0; i < CLUSTERS; i++) {
            verify(i);
        }
        try {
            overlay.awaitClose();
        } catch (BlockException e) {
            tell(e, null);
        }
        Qcow2Bytes image = new Qcow2Bytes(overlay.image().contents());
        int lost = image.check();
        if (lost > 0) {
            throw new AssertionError(lost + " clusters count as used and are not");
        }
        for (int i = 0; i < CLUSTERS; i++) {
            int seen = image.guestByte(i);
            if (!allowed.get(i).contains(seen < 0 ? Overlay.base(i) : seen)) {
                throw new AssertionError("cluster " + i + " of the closed image has " + seen
                        + ", not one of " + allowed.get(i));
            }
        }
    }
}
