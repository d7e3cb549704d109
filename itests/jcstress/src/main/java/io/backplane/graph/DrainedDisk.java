package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import io.backplane.jcstress.Jitter;
import io.backplane.jcstress.Lane;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;

/** A graph of one node that knows whether a read is inside it, and a backend above. */
final class DrainedDisk {
    final Graph graph = new Graph(Lane.MAIN);
    Node node;
    Backend backend;
    private final IoVector sector = IoVector.of(Arena.ofAuto().allocate(512, 4096));
    private volatile boolean inside;

    /** Options of the driver: none. */
    public record Options() {
    }

    private final class Driver implements BlockDriver {
        @Override
        public String name() {
            return "probe";
        }

        @Override
        public DriverTraits traits() {
            return DriverTraits.PROTOCOL;
        }

        @Override
        public Class<? extends Record> optionsType() {
            return Options.class;
        }

        @Override
        public DriverNode awaitOpen(OpenRequest request) {
            return new Probe();
        }
    }

    private final class Probe implements DriverNode {
        @Override
        public long length() {
            return 1 << 20;
        }

        @Override
        public BlockLimits limits() {
            return BlockLimits.NONE;
        }

        @Override
        public void preadv(long offset, long bytes, IoVector iov, long from, int flags) {
            inside = true;
            Jitter.spin();
            inside = false;
        }

        @Override
        public void pwritev(long offset, long bytes, IoVector iov, long from, int flags) {
            // kept nowhere
        }

        @Override
        public void pwriteZeroes(long offset, long bytes, int flags) {
            // kept nowhere
        }

        @Override
        public void pdiscard(long offset, long bytes) {
            // nothing is kept
        }

        @Override
        public void flush() {
            // everything is stable
        }

        @Override
        public BlockStatus blockStatus(long offset, long bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void truncate(long length, boolean exact, Preallocation preallocation, int flags) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long allocatedBytes() {
            return 0;
        }

        @Override
        public Permissions childPermissions(String childName, ChildRole role,
                Permissions parents) {
            return Permissions.NONE;
        }

        @Override
        public ChildRole childRole(String childName) {
            return ChildRole.METADATA;
        }

        @Override
        public void awaitShutdown() {
            // nothing to write back
        }

        @Override
        public void close() {
            // nothing to free
        }
    }

    DrainedDisk() {
        Lane.Part all = new Lane.Part();
        Lane.Part none = new Lane.Part();
        none.end();
        graph.addDriver(new Driver());
        boolean built = Lane.MAIN.run(all, none, () -> {
            try {
                node = (Node) graph.awaitAdd(BlockdevOptions.of("probe", "disk", new Options()));
                backend = (Backend) graph.awaitAttach("blk", new BlockdevRef.ByName("disk"),
                        new Permissions(Permissions.READ_WRITE, Permissions.ALL), Lane.MAIN);
            } catch (BlockException e) {
                throw new AssertionError(e);
            }
        });
        assert built;
    }

    /** Sends one request. */
    void awaitRead() {
        try {
            backend.preadv(0, 512, sector, 0, 0);
        } catch (BlockException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether a request is in the driver now. */
    boolean isInside() {
        return inside;
    }
}
