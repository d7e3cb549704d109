package io.backplane.tool.explore.scenario;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DrainedSection;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.file.FileOptions;
import io.backplane.driver.qcow2.Qcow2Driver;
import io.backplane.driver.qcow2.Qcow2Options;
import io.backplane.graph.Graph;
import io.backplane.memory.IoVector;
import io.backplane.sim.SimFileData;
import io.backplane.sim.SimHostFileEngine;
import io.backplane.sim.SimWorld;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The shipped graph with a qcow2 image above a raw file, every other cluster of which is zero. */
final class Overlay {
    private static final String IMAGE = "/sim/overlay.qcow2";
    private static final String BASE = "/sim/base.raw";
    private static final String NODE = "overlay";
    private static final int BACKED = 0xbb;

    /** One for all runs, which come one after the other. */
    private static final MemorySegment MEMORY = Arena.ofAuto().allocate(512 * Qcow2Bytes.CLUSTER,
            Qcow2Bytes.CLUSTER);

    private final SimWorld world;
    private final Graph graph;
    private final SimFileData image;
    private BlockBackend backend;
    private long used;

    /** @param contents of the qcow2 image */
    Overlay(SimWorld world, int baseClusters, byte[] contents) {
        this.world = world;
        byte[] base = new byte[baseClusters * Qcow2Bytes.CLUSTER];
        for (int i = 0; i < base.length; i++) {
            base[i] = (byte) base(i / Qcow2Bytes.CLUSTER);
        }
        world.disk().file(BASE, 0).set(base);
        image = world.disk().file(IMAGE, 0);
        image.set(contents);
        graph = new Graph(world.main());
    }

    /** What the raw file has in each byte of a cluster. */
    static int base(int cluster) {
        return cluster % 2 == 0 ? BACKED : 0;
    }

    Overlay awaitOpen() throws BlockException {
        graph.addDriver(new FileDriver("file",
                new FileEngines(new SimHostFileEngine(world.disk(), "threads"))));
        graph.addDriver(new Qcow2Driver());
        world.atEnd(graph::close);
        graph.awaitAdd(BlockdevOptions.of("qcow2", NODE, new Qcow2Options(
                new BlockdevRef.Inline(file(IMAGE)), new BlockdevRefOrNull.Inline(file(BASE)),
                null, null, null, null, null, null, null, null, null, 0L, null, null)));
        backend = graph.awaitAttach("b", new BlockdevRef.ByName(NODE),
                new Permissions(Permissions.READ_WRITE, Permissions.ALL), world.main());
        return this;
    }

    private static BlockdevOptions file(String path) {
        return BlockdevOptions.of("file", null, new FileOptions(path, FileOptions.OnOffAuto.OFF,
                FileOptions.AioOption.THREADS, null, null, null));
    }

    /** Takes guest and image away as an operator does. */
    void awaitClose() throws BlockException {
        backend.awaitClose();
        graph.awaitDelete(NODE);
    }

    BlockNode node() {
        return graph.find(NODE);
    }

    /** Drains the image, or everything. */
    DrainedSection awaitDrained() {
        return world.pick(2) == 0 ? graph.awaitAllDrained() : graph.awaitDrained(node());
    }

    BlockBackend backend() {
        return backend;
    }

    SimFileData image() {
        return image;
    }

    /** Memory of this run and nothing else. */
    private MemorySegment memory(int bytes) {
        used += bytes;
        return MEMORY.asSlice(used - bytes, bytes);
    }

    /** Fills guest clusters with a value. */
    void write(int cluster, int clusters, int value) throws BlockException {
        MemorySegment segment = memory(clusters * Qcow2Bytes.CLUSTER).fill((byte) value);
        backend.pwritev((long) cluster * Qcow2Bytes.CLUSTER, segment.byteSize(),
                IoVector.of(segment), 0, 0);
    }

    /** The value of all bytes of a guest cluster; -1: they differ. */
    int read(int cluster) throws BlockException {
        MemorySegment segment = memory(Qcow2Bytes.CLUSTER);
        backend.preadv((long) cluster * Qcow2Bytes.CLUSTER, segment.byteSize(),
                IoVector.of(segment), 0, 0);
        byte first = segment.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
        for (long i = 1; i < segment.byteSize(); i++) {
            if (segment.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i) != first) {
                return -1;
            }
        }
        return first & 0xff;
    }
}
