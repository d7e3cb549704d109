package io.backplane.tck;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.DiscardMode;
import io.backplane.block.Permissions;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.CheckableNode;
import io.backplane.graph.Graph;
import io.backplane.hostio.HostFileEngine;
import io.backplane.sim.SimDisk;
import io.backplane.sim.SimHostFileEngine;
import io.backplane.sim.SimTask;
import io.backplane.sim.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * A node of the driver under test in the shipped graph of a simulated world, and what is known of
 * its contents. One per run.
 */
final class Bench implements Ground {
    static final String NODE = "node";
    private static final String FOLDER = "/tck/";

    final SimWorld world;
    final Graph graph;
    final Random random;
    final Vectors vectors;
    final BlockDriver driver;
    private final DriverConformance kit;
    private final HostFileEngine engine;
    private int checks;
    BlockNode node;
    BlockBackend backend;
    ExpectedDisk expected;

    Bench(SimWorld world, DriverConformance kit, long seed, UnaryOperator<BlockDriver> wrap)
            throws Exception {
        this.world = world;
        this.kit = kit;
        random = new Random(seed);
        vectors = new Vectors(random);
        engine = new SimHostFileEngine(world.disk(), "threads");
        graph = new Graph(world.main());
        graph.addDriver(new DiskDriver(engine, random.nextBoolean() ? 1 : 512));
        driver = wrap.apply(kit.newDriver(this));
        graph.addDriver(driver);
    }

    /** A ground to ask for options on, never to open. */
    static Ground nowhere() {
        return new Ground() {
            @Override
            public BlockdevRef disk(String name, long bytes) {
                return new BlockdevRef.ByName(name);
            }

            @Override
            public HostFileEngine hostFiles() {
                throw new IllegalStateException("options need no host files");
            }

            @Override
            public String hostFile(String name, long bytes) {
                return name;
            }
        };
    }

    // Ground

    @Override
    public BlockdevRef disk(String name, long bytes) {
        return new BlockdevRef.Inline(BlockdevOptions.of(DiskDriver.NAME, null,
                new DiskOptions(hostFile(name, bytes))));
    }

    @Override
    public HostFileEngine hostFiles() {
        return engine;
    }

    @Override
    public String hostFile(String name, long bytes) {
        String path = FOLDER + name;
        if (storage().find(path) == null) {
            storage().file(path, bytes);
        }
        return path;
    }

    /** The storage of this world: faults, power cuts. */
    SimDisk storage() {
        return world.disk();
    }

    // Life of the node

    /** Makes an empty image, if the driver makes images. */
    void awaitFormat() throws BlockException {
        Record create = kit.createOptions(this, kit.imageBytes());
        if (create != null) {
            graph.awaitCreate(driver.name(), create, (_, _) -> { });
        }
    }

    BlockdevOptions options(boolean readOnly) {
        return new BlockdevOptions(driver.name(), NODE, DiscardMode.UNMAP, null, readOnly, null,
                null, null, kit.options(this));
    }

    /** Opens the node and a backend on it. */
    Bench awaitOpen() throws BlockException {
        return awaitOpen(false);
    }

    Bench awaitOpen(boolean readOnly) throws BlockException {
        node = graph.awaitAdd(options(readOnly));
        int writes = readOnly ? 0 : BlockPermission.WRITE.bit() | BlockPermission.RESIZE.bit();
        backend = graph.awaitAttach("tck", new BlockdevRef.ByName(NODE), new Permissions(
                BlockPermission.CONSISTENT_READ.bit() | writes, Permissions.ALL), world.main());
        if (expected == null) {
            expected = new ExpectedDisk(0);
            expectLength(node.length());
        }
        return this;
    }

    void awaitClose() throws BlockException {
        backend.awaitClose();
        graph.awaitDelete(NODE);
        node = null;
    }

    // Requests; what fails leaves the old or the new

    byte[] awaitRead(long offset, int bytes) throws BlockException {
        try (Vectors.Buffer buffer = vectors.empty(bytes)) {
            backend.preadv(offset, bytes, buffer.vector(), buffer.from(), 0);
            return buffer.contents();
        }
    }

    void awaitWrite(long offset, byte[] data, int flags) throws BlockException {
        boolean done = false;
        try (Vectors.Buffer buffer = vectors.of(data)) {
            backend.pwritev(offset, data.length, buffer.vector(), buffer.from(), flags);
            done = true;
        } finally {
            wrote(offset, data, flags, done);
        }
    }

    void awaitZeroes(long offset, int bytes, int flags) throws BlockException {
        boolean done = false;
        try {
            backend.pwriteZeroes(offset, bytes, flags);
            done = true;
        } finally {
            wrote(offset, new byte[bytes], flags, done);
        }
    }

    private void wrote(long offset, byte[] data, int flags, boolean done) {
        if (done) {
            expected.write(offset, data, (flags & RequestFlags.FUA) != 0);
        } else {
            expected.mayWrite(offset, data);
        }
    }

    void awaitDiscard(long offset, int bytes) throws BlockException {
        try {
            backend.pdiscard(offset, bytes);
        } finally {
            expected.forget(offset, bytes);
        }
    }

    void awaitFlush() throws BlockException {
        backend.flush();
        expected.flushed();
    }

    /** Changes the length; false: the driver does not do that. */
    boolean awaitResize(long bytes) throws BlockException {
        long before = backend.length();
        try {
            backend.truncate(bytes, true, io.backplane.block.Preallocation.OFF);
        } catch (BlockException e) {
            long now = backend.length();
            if (e.kind() == BlockException.Kind.UNSUPPORTED) {
                if (now != before) {
                    throw new AssertionError("a resize that is not supported made the length "
                            + now + " of " + before, e);
                }
                return false;
            }
            if (now != before && now != bytes) {
                throw new AssertionError("a failed resize from " + before + " to " + bytes
                        + " left the length " + now, e);
            }
            expected.resize(now);
            long from = Math.min(before, bytes);
            if (now > from) { // what it had begun to change
                expected.forget(from, now - from);
            }
            throw e;
        }
        if (backend.length() != bytes) {
            throw new AssertionError("resized to " + bytes + ", but the length is "
                    + backend.length());
        }
        expectLength(bytes);
        return true;
    }

    private void expectLength(long bytes) {
        long before = expected.length();
        expected.resize(bytes);
        if (bytes > before && !kit.startsWithZeroes()) {
            expected.forget(before, bytes - before);
        }
    }

    /** Reads the whole disk and compares it with what it may hold. */
    void awaitVerify(String when) throws BlockException {
        long length = backend.length();
        if (length != expected.length()) {
            throw new AssertionError(when + ": the length is " + length + ", should be "
                    + expected.length());
        }
        int step = 64 << 10;
        for (long at = 0; at < length; at += step) {
            awaitVerify(at, (int) Math.min(step, length - at), when);
        }
        if (node.driverNode() instanceof CheckableNode checkable && checks++ < 4) {
            awaitCheckImage(checkable, when);
        }
    }

    void awaitVerify(long offset, int bytes, String when) throws BlockException {
        byte[] got = awaitRead(offset, bytes);
        if (kept()) {
            expected.check(offset, got, when);
        }
    }

    /** Reads a range that one client owns, filled with {@code value}. */
    void awaitCheckFilled(long offset, int bytes, byte value, String who) throws BlockException {
        byte[] got = awaitRead(offset, bytes);
        for (int i = 0; kept() && i < bytes; i++) {
            if (got[i] != value) {
                throw new AssertionError(who + ": byte " + (offset + i) + " is "
                        + (got[i] & 0xff) + ", should be " + (value & 0xff));
            }
        }
    }

    private boolean kept() {
        return kit.keepsData();
    }

    private static void awaitCheckImage(CheckableNode image, String when) throws BlockException {
        List<String> errors = new ArrayList<>();
        CheckableNode.CheckResult result = image.awaitCheck(new CheckableNode.CheckReport() {
            @Override
            public void error(String message) {
                errors.add(message);
            }

            @Override
            public void leak(String message) {
                // space lost is no harm
            }
        });
        if (result.corruptions() + result.checkErrors() > 0) {
            throw new AssertionError(when + ": the image is inconsistent: " + errors);
        }
    }

    // Company

    /** Starts a task of the case in a coroutine of {@code context}. */
    SimTask go(AioContext context, String name, SimWorld.Body body) {
        return world.go(context, name, body);
    }

    /** Lets the others run for a while. */
    static void awaitOthers(int turns) {
        for (int i = 0; i < turns; i++) {
            Coroutine.awaitYield();
        }
    }
}
