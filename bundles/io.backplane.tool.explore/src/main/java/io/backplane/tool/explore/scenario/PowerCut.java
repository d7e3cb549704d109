package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Permissions;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.spi.BlockChild;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.driver.qcow2.Qcow2Driver;
import io.backplane.driver.qcow2.Qcow2Options;
import io.backplane.graph.Graph;
import io.backplane.memory.IoVector;
import io.backplane.rules.Rule;
import io.backplane.sim.SimFileData;
import io.backplane.sim.SimHostFileEngine;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
    private static final String IMAGE = "/sim/overlay.qcow2";
    private static final String BASE = "/sim/base.raw";
    private static final int CLUSTERS = 6;
    /** The last of these take up what the first batch of clusters has. */
    private static final int BIG_CLUSTERS = 8 * Qcow2Bytes.L2_ENTRIES;
    private static final int FILLER = 0xff;
    private static final int FILL_CLUSTERS = 4 * Qcow2Bytes.L2_ENTRIES;
    private static final int FILL_BYTES = Qcow2Bytes.L2_ENTRIES * Qcow2Bytes.CLUSTER;
    private static final int BACKED = 0xbb;

    /** One for all runs, which come one after the other. */
    private static final MemorySegment MEMORY = Arena.ofAuto().allocate(
            FILL_BYTES + 64 * Qcow2Bytes.CLUSTER,
            Qcow2Bytes.CLUSTER);

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
    private BlockBackend backend;
    private History[] histories;
    private int buffers;

    @Override
    public void run(SimWorld newWorld, String bug) throws Exception {
        new PowerCut().runOnce(newWorld);
    }

    private void runOnce(SimWorld newWorld) throws Exception {
        world = newWorld;
        histories = new History[CLUSTERS];
        Arrays.setAll(histories, i -> new History(i % 2 == 0 ? BACKED : 0));
        byte[] base = new byte[CLUSTERS * Qcow2Bytes.CLUSTER];
        for (int i = 0; i < base.length; i++) {
            base[i] = (byte) histories[i / Qcow2Bytes.CLUSTER].base;
        }
        world.disk().file(BASE, 0).set(base);
        SimFileData image = world.disk().file(IMAGE, 0);
        boolean big = world.pick(2) == 0;
        image.set(Qcow2Bytes.empty(big ? BIG_CLUSTERS : CLUSTERS, !big));
        backend = awaitOpen();
        if (big) {
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
            check(image.afterPowerLoss(world));
        });
        world.atEnd(() -> {
            world.disk().faults().eioPercent = 0;
            check(image.afterPowerLoss(world));
        });
    }

    /**
     * Writes so much, where the guest had zeroes, that most of the next batch of clusters is taken,
     * whose refcounts are one block's and in the file's length; nothing flushes after that.
     */
    private void awaitFill() throws BlockException {
        int end = BIG_CLUSTERS - world.pick(2 * Qcow2Bytes.L2_ENTRIES);
        MemorySegment segment = MEMORY.asSlice(0, FILL_BYTES).fill((byte) FILLER);
        for (int i = end - FILL_CLUSTERS; i < end; i += Qcow2Bytes.L2_ENTRIES) {
            backend.pwritev((long) i * Qcow2Bytes.CLUSTER, FILL_BYTES, IoVector.of(segment), 0, 0);
        }
    }

    private BlockBackend awaitOpen() throws BlockException {
        Graph graph = new Graph(world.main());
        graph.addDriver(new FileDriver("file",
                new FileEngines(new SimHostFileEngine(world.disk(), "threads"))));
        graph.addDriver(new Qcow2Driver());
        world.atEnd(graph::close);
        graph.awaitAdd(BlockdevOptions.of("qcow2", "overlay", new Qcow2Options(
                new BlockdevRef.Inline(file(IMAGE)), new BlockdevRefOrNull.Inline(file(BASE)),
                null, null, null, null, null, null, null, null, null, 0L, null, null)));
        return graph.awaitAttach("b", new BlockdevRef.ByName("overlay"),
                new Permissions(Permissions.READ_WRITE, Permissions.ALL), world.main());
    }

    private static BlockdevOptions file(String path) {
        return BlockdevOptions.of("file", null, new FileOptions(path, FileOptions.OnOffAuto.OFF,
                FileOptions.AioOption.THREADS, null, null, null));
    }

    private void write(int cluster, int stamp) {
        MemorySegment segment = MEMORY.asSlice(
                FILL_BYTES + (long) Qcow2Bytes.CLUSTER * buffers++, Qcow2Bytes.CLUSTER);
        segment.fill((byte) stamp);
        History history = histories[cluster];
        history.stamps.add(stamp);
        try {
            backend.pwritev((long) cluster * Qcow2Bytes.CLUSTER, Qcow2Bytes.CLUSTER,
                    IoVector.of(segment), 0, 0);
            history.done = history.stamps.size() - 1;
        } catch (BlockException e) {
            world.note("write fails: " + e.getMessage()); // old or new, both are right
        }
    }

    private void flush() {
        int[] covered = new int[CLUSTERS];
        Arrays.setAll(covered, i -> histories[i].done);
        try {
            backend.flush();
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
