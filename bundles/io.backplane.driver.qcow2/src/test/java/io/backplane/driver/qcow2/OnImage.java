package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.CheckableNode.CheckReport;
import io.backplane.block.spi.CheckableNode.CheckResult;
import io.backplane.block.spi.CreateRequest;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.NodeNotices;
import io.backplane.block.spi.OpenRequest;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import io.backplane.sim.LoopsInTurn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everything a test needs around an image: loops, disks, creation, opening, a coroutine. */
final class OnImage implements AutoCloseable {
    /** A step in a coroutine. */
    interface Step {
        void run() throws Exception;
    }

    static final BlockdevRef REF = new BlockdevRef.ByName("file");

    final LoopsInTurn loops;
    final BufferPool buffers = new BufferPool();
    final List<String> corruptions = new ArrayList<>();
    MemoryDisk file;
    MemoryDisk data;
    MemoryDisk backing;
    boolean unmap;

    OnImage(long seed) {
        loops = new LoopsInTurn(seed, 2);
        file = new MemoryDisk("file", loops);
    }

    @Override
    public void close() {
        buffers.close();
    }

    /** Runs {@code step} in a coroutine until nothing is left to do. */
    void run(Step step) throws Exception {
        Throwable[] failure = new Throwable[1];
        boolean[] done = new boolean[1];
        start(0, step, failure, done);
        loops.run();
        rethrow(failure[0]);
        if (!done[0]) {
            throw new AssertionError("hangs");
        }
    }

    /** Runs all {@code steps} at once, in two contexts by turns. */
    void runAll(List<Step> steps) throws Exception {
        Throwable[] failure = new Throwable[1];
        boolean[][] done = new boolean[steps.size()][1];
        for (int i = 0; i < steps.size(); i++) {
            start(i & 1, steps.get(i), failure, done[i]);
        }
        loops.run();
        rethrow(failure[0]);
        for (boolean[] one : done) {
            if (!one[0]) {
                throw new AssertionError("hangs");
            }
        }
    }

    private void start(int loop, Step step, Throwable[] failure, boolean[] done) {
        loops.loop(loop).spawn(() -> {
            try {
                step.run();
            } catch (Throwable e) {
                failure[0] = failure[0] == null ? e : failure[0];
            }
            done[0] = true;
        });
    }

    private static void rethrow(Throwable failure) throws Exception {
        if (failure instanceof Exception e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    static Qcow2CreateOptions create(long size) {
        return new Qcow2CreateOptions(REF, null, null, null, size, null, null, null, null, null,
                null, null, null, null);
    }

    static Qcow2CreateOptions create(long size, int clusterBytes, Qcow2Version version,
            int refcountBits, boolean extendedL2, Preallocation preallocation, boolean lazy) {
        return new Qcow2CreateOptions(REF, null, null, extendedL2, size, version, null, null,
                null, (long) clusterBytes, preallocation, lazy, refcountBits, null);
    }

    void awaitCreate(Qcow2CreateOptions options) throws BlockException {
        new Qcow2Driver().awaitCreate(new CreateRequest() {
            @Override
            public BlockChild awaitOpen(BlockdevRef ref) {
                return ref == options.file() ? file : data;
            }

            @Override
            public BufferPool buffers() {
                return buffers;
            }

            @Override
            public void progress(long done, long total) {
                // nobody looks
            }
        }, options);
    }

    Qcow2Node awaitOpen() throws BlockException {
        return awaitOpen(false);
    }

    Qcow2Node awaitOpen(boolean readOnly) throws BlockException {
        return awaitOpen(readOnly, Qcow2Options.of(REF));
    }

    static Qcow2Options caches(Long l2Bytes, Long l2EntryBytes, Long refcountBytes) {
        return new Qcow2Options(REF, null, null, null, null, null, null, null, l2Bytes,
                l2EntryBytes, refcountBytes, null, null, null);
    }

    Qcow2Node awaitOpen(boolean readOnly, Qcow2Options options) throws BlockException {
        Map<String, BlockChild> children = new HashMap<>();
        children.put("file", file);
        if (data != null) {
            children.put("data-file", data);
        }
        Qcow2Options used = backing == null ? options : new Qcow2Options(options.file(),
                new BlockdevRefOrNull.ByName("backing"), options.lazyRefcounts(),
                options.passDiscardRequest(), null, null, options.overlapCheck(), null,
                options.l2CacheSize(), options.l2CacheEntrySize(), options.refcountCacheSize(),
                null, null, null);
        if (backing != null) {
            children.put("backing", backing);
        }
        return (Qcow2Node) new Qcow2Driver().awaitOpen(
                new Request(used, readOnly, children));
    }

    void awaitClose(DriverNode node) throws BlockException {
        node.awaitShutdown();
        node.close();
    }

    static void write(DriverNode node, long offset, byte[] bytes) throws BlockException {
        node.pwritev(offset, bytes.length, IoVector.of(MemorySegment.ofArray(bytes)), 0, 0);
    }

    static byte[] read(DriverNode node, long offset, int bytes) throws BlockException {
        byte[] got = new byte[bytes];
        java.util.Arrays.fill(got, (byte) 0xee);
        node.preadv(offset, bytes, IoVector.of(MemorySegment.ofArray(got)), 0, 0);
        return got;
    }

    static byte[] pattern(int bytes, int seed) {
        byte[] data = new byte[bytes];
        new java.util.Random(seed).nextBytes(data);
        return data;
    }

    /** Checks; errors and leaks end up in the lists. */
    static CheckResult awaitCheck(Qcow2Node node, List<String> errors, List<String> leaks)
            throws BlockException {
        return node.awaitCheck(new CheckReport() {
            @Override
            public void error(String message) {
                errors.add(message);
            }

            @Override
            public void leak(String message) {
                leaks.add(message);
            }
        });
    }

    private final class Request implements OpenRequest {
        private final Qcow2Options options;
        private final boolean readOnly;
        private final Map<String, BlockChild> children;

        Request(Qcow2Options options, boolean readOnly, Map<String, BlockChild> children) {
            this.options = options;
            this.readOnly = readOnly;
            this.children = children;
        }

        @Override
        public Record options() {
            return options;
        }

        @Override
        public String nodeName() {
            return "image";
        }

        @Override
        public boolean readOnly() {
            return readOnly;
        }

        @Override
        public boolean direct() {
            return false;
        }

        @Override
        public boolean noFlush() {
            return false;
        }

        @Override
        public boolean unmap() {
            return unmap;
        }

        @Override
        public boolean forceShare() {
            return false;
        }

        @Override
        public BlockChild child(String name) {
            return children.get(name);
        }

        @Override
        public BufferPool buffers() {
            return buffers;
        }

        @Override
        public NodeNotices notices() {
            return new NodeNotices() {
                @Override
                public void lengthChanged() {
                    // nobody looks
                }

                @Override
                public void limitsChanged() {
                    // nobody looks
                }

                @Override
                public void imageCorrupted(String message, long offset, long bytes,
                        boolean fatal) {
                    corruptions.add(message);
                }
            };
        }
    }
}
