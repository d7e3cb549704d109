package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.CacheOptions;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.graph.Graph;
import io.backplane.memory.IoVector;
import io.backplane.sim.SimFileData;
import io.backplane.sim.SimHostFileEngine;
import io.backplane.sim.SimWorld;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The shipped graph with the shipped file driver on a simulated disk. */
final class Storage {
    static final String NODE = "disk";
    static final int BYTES = 4096;
    private static final String PATH = "/sim/disk.raw";

    /** One for all runs, which come one after the other. */
    private static final MemorySegment MEMORY = Arena.ofAuto().allocate(64 * 512, 512);

    final SimWorld world;
    final Graph graph;
    final SimFileData data;
    private BlockNode node;
    private int buffers;

    Storage(SimWorld world) {
        this.world = world;
        graph = new Graph(world.main());
        graph.addDriver(new FileDriver("file",
                new FileEngines(new SimHostFileEngine(world.disk(), "threads"))));
        data = world.disk().file(PATH, BYTES);
        world.atEnd(graph::close);
    }

    /** Adds the node; main. */
    Storage awaitAdd(boolean direct) throws BlockException {
        node = graph.awaitAdd(options(direct));
        return this;
    }

    static BlockdevOptions options(boolean direct) {
        return new BlockdevOptions("file", NODE, null, new CacheOptions(direct, null), null, null,
                null, null, new FileOptions(PATH, FileOptions.OnOffAuto.OFF,
                        FileOptions.AioOption.THREADS, null, null, null));
    }

    BlockNode node() {
        return node;
    }

    /** A backend that reads and writes and lets others do so. */
    BlockBackend awaitAttach(String name, AioContext context) throws BlockException {
        return graph.awaitAttach(name, new BlockdevRef.ByName(NODE),
                new Permissions(Permissions.READ_WRITE, Permissions.ALL), context);
    }

    /** Memory for one request of this run, 512 bytes at most, filled with {@code value}. */
    IoVector buffer(int bytes, int value) {
        MemorySegment segment = MEMORY.asSlice(512L * buffers++, bytes);
        segment.fill((byte) value);
        return IoVector.of(segment);
    }

    /** Fails if anything is in flight on the disk. */
    void assertQuiet() {
        if (data.inFlight() != 0) {
            throw new AssertionError(data.inFlight()
                    + " requests in flight inside a drained section");
        }
    }
}
