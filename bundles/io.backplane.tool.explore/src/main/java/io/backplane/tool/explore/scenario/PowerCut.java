package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Three contexts write and flush a qcow2 overlay, on a disk that reorders, is slow, does less than
 * asked and sometimes fails; then the power fails at some point. What a flush covered is there,
 * everything else is old or new, and no table refers to what counts as free.
 */
@Rule("L7")
public final class PowerCut implements Scenario {
    private static final String WRITE_BACK = "io.backplane.driver.qcow2.WriteBack";
    private static final String REFCOUNTS = "io.backplane.driver.qcow2.RefcountWrite";
    private static final String CHILD = "io.backplane.block.spi.BlockChild";
    private static final int CLUSTERS = 6;
    /** The last of these take up what the first batch of clusters has. */
    private static final int BIG_CLUSTERS = 8 * Qcow2Bytes.L2_ENTRIES;
    private static final int STEPS_MAX = 200_000;
    private static final int FILLER = 0xff;
    private static final int FILL_CLUSTERS = 4 * Qcow2Bytes.L2_ENTRIES;

    @Override
    public String name() {
        return "R-POWER-CUT";
    }

    @Override
    public String about() {
        return "writes and flushes of a qcow2 overlay on a faulty disk, and the end of the power";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("no-data-barrier", "an entry is written before its data is stable",
                        Patch.call("io.backplane.driver.qcow2.Writer", "awaitAllocating",
                                "io.backplane.driver.qcow2.DataBarrier", "awaitStable",
                                PowerCut.class, "nothing")),
                Bug.of("flush-stays-above", "a flush does not reach the file",
                        Patch.call(WRITE_BACK, "awaitFlush", CHILD, "flush", PowerCut.class,
                                "noFlush"),
                        Patch.call(WRITE_BACK, "awaitWrite", CHILD, "flush", PowerCut.class,
                                "noFlush")),
                Bug.of("refcounts-late", "an entry is written before the refcount of what it"
                                + " refers to is stable",
                        Patch.call(REFCOUNTS, "awaitWrite", CHILD, "flush", PowerCut.class,
                                "noFlush"),
                        Patch.call(REFCOUNTS, "awaitWriteCopies", CHILD, "pwritev",
                                PowerCut.class, "noForce")),
                Bug.of("refcounts-not-forced", "where one block of refcounts changes, its write"
                                + " is not stable when it ends",
                        Patch.call(REFCOUNTS, "awaitWriteCopies", CHILD, "pwritev",
                                PowerCut.class, "noForce")),
                Bug.of("length-late", "clusters are handed out before the length of the file is"
                                + " stable",
                        Patch.put("io.backplane.driver.qcow2.ImageFile", "awaitGrow",
                                "lengthUnstable", PowerCut.class, "forget")));
    }

    /** Planted. */
    public static void forget(Object file, boolean lengthUnstable) {
        // it stays false
    }

    /** Planted. */
    public static void noForce(BlockChild child, long offset, long bytes, IoVector iov, long from,
            int flags) throws BlockException {
        child.pwritev(offset, bytes, iov, from, flags & ~RequestFlags.FUA);
    }

    /** Planted. */
    public static void nothing(Object barrier) {
        // the entry is written at once
    }

    /** Planted. */
    public static void noFlush(Object child) {
        // it is in the host's cache
    }

    /** What may be seen of one cluster. */
    private static final class History {
        final int base;
        final List<Integer> stamps = new ArrayList<>();
        int done;
        int stable;

        History(int base) {
            this.base = base;
            stamps.add(base);
        }
    }

    private SimWorld world;
    private Overlay overlay;
    private History[] histories;

    @Override
    public void run(SimWorld newWorld, String bug) throws Exception {
        new PowerCut().runOnce(newWorld);
    }

    private void runOnce(SimWorld newWorld) throws Exception {
        world = newWorld;
        histories = new History[CLUSTERS];
        Arrays.setAll(histories, i -> new History(Overlay.base(i)));
        boolean big = world.pick(2) == 0;
        overlay = new Overlay(world, CLUSTERS,
                Qcow2Bytes.empty(big ? BIG_CLUSTERS : CLUSTERS, !big)).awaitOpen();
        if (big) {
            world.limitSteps(STEPS_MAX); // it counts a thousand clusters, one by one
            awaitFill();
        }
        world.disk().faults().slowPercent = 10;
        world.disk().faults().shortPercent = 10;
        world.disk().faults().eioPercent = world.pick(2) * 5;
        AioContext[] contexts = {world.main(), world.ioThread("io1"), world.ioThread("io2")};
        for (int i = 0; i < contexts.length; i++) {
            int me = i;
            world.go(contexts[i], "writer " + i, () -> {
                for (int round = 0; round < 2; round++) {
                    write(me + contexts.length * world.pick(2), 16 * (round + 1) + me);
                    if (world.pick(2) == 0) {
                        flush();
                    }
                }
                flush();
            });
        }
        world.thread("power", () -> {
            check(overlay.image().afterPowerLoss(world));
        });
        world.atEnd(() -> {
            world.disk().faults().eioPercent = 0;
            check(overlay.image().afterPowerLoss(world));
        });
    }

    /**
     * Writes so much, where the guest had zeroes, that most of the next batch of clusters is taken,
     * whose refcounts are one block's and in the file's length; nothing flushes after that.
     */
    private void awaitFill() throws BlockException {
        int end = BIG_CLUSTERS - world.pick(2 * Qcow2Bytes.L2_ENTRIES);
        for (int i = end - FILL_CLUSTERS; i < end; i += Qcow2Bytes.L2_ENTRIES) {
            overlay.write(i, Qcow2Bytes.L2_ENTRIES, FILLER);
        }
    }

    private void write(int cluster, int stamp) {
        History history = histories[cluster];
        history.stamps.add(stamp);
        try {
            overlay.write(cluster, 1, stamp);
            history.done = history.stamps.size() - 1;
        } catch (BlockException e) {
            world.note("write fails: " + e.getMessage()); // old or new, both are right
        }
    }

    private void flush() {
        int[] covered = new int[CLUSTERS];
        Arrays.setAll(covered, i -> histories[i].done);
        try {
            overlay.backend().flush();
        } catch (BlockException e) {
            world.note("flush fails: " + e.getMessage());
            return;
        }
        for (int i = 0; i < CLUSTERS; i++) {
            histories[i].stable = Math.max(histories[i].stable, covered[i]);
        }
    }

    /** What the guest finds after the power came back. */
    private void check(byte[] left) {
        Qcow2Bytes image = new Qcow2Bytes(left);
        image.check(); // what is not used and counts as used does no harm
        for (int i = 0; i < CLUSTERS; i++) {
            int seen = image.guestByte(i);
            History history = histories[i];
            List<Integer> allowed = history.stamps.subList(history.stable, history.stamps.size());
            if (!allowed.contains(seen < 0 ? history.base : seen)) {
                throw new AssertionError("cluster " + i + " has " + seen + " after the power cut,"
                        + " not one of " + allowed);
            }
        }
    }
}
