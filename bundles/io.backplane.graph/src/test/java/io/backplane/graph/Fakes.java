package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.block.Permissions;
import io.backplane.block.spi.DriverTraits;
import io.backplane.memory.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/** A graph of fakes: drivers {@code disk} (protocol), {@code fmt} (format), {@code filter}. */
final class Fakes {
    private static final int QUICK_LOOKS = 2_000;
    private static final int LOOKS_MAX = 100_000;
    private static final long LOOK_NS = 100_000;
    static final int RW = Permissions.READ_WRITE;
    static final int RWR = RW | BlockPermission.RESIZE.bit();

    final OnGraph on;
    final Graph graph;
    final FakeDriver disk = new FakeDriver("disk", DriverTraits.PROTOCOL);
    final FakeDriver fmt = new FakeDriver("fmt", DriverTraits.FORMAT);
    final FakeDriver filter = new FakeDriver("filter", DriverTraits.FILTER);

    /** A test body. */
    interface Body {
        void run(Fakes f) throws Exception;
    }

    private Fakes(OnGraph on) {
        this.on = on;
        graph = on.graph;
        graph.addDriver(disk);
        graph.addDriver(fmt);
        graph.addDriver(filter);
    }

    static void run(Body body) throws Exception {
        OnGraph.run(on -> body.run(new Fakes(on)));
    }

    Node addDisk(String name) throws BlockException {
        return (Node) graph.awaitAdd(BlockdevOptions.of("disk", name, null));
    }

    Node addFormat(String name, String file) throws BlockException {
        return (Node) graph.awaitAdd(BlockdevOptions.of("fmt", name,
                new FakeOptions(null, new BlockdevRef.ByName(file), null)));
    }

    Node addFilter(String name, String file) throws BlockException {
        return (Node) graph.awaitAdd(BlockdevOptions.of("filter", name,
                new FakeOptions(null, new BlockdevRef.ByName(file), null)));
    }

    Node addOverlay(String name, String file, String backing) throws BlockException {
        return (Node) graph.awaitAdd(BlockdevOptions.of("fmt", name, new FakeOptions(null,
                new BlockdevRef.ByName(file), new BlockdevRefOrNull.ByName(backing))));
    }

    Backend attach(String name, String node) throws BlockException {
        return attach(name, node, RW, Permissions.ALL);
    }

    Backend attach(String name, String node, int used, int shared) throws BlockException {
        return (Backend) graph.awaitAttach(name, new BlockdevRef.ByName(node),
                new Permissions(used, shared), graph.main);
    }

    /** Starts a write of 4 KiB in a context. */
    CompletableFuture<Void> write(Backend blk, AioContext context, long offset) {
        return on.start(context, () -> blk.pwritev(offset, 4096, buffer(4096, 1), 0, 0));
    }

    CompletableFuture<Void> write(Backend blk, long offset) {
        return write(blk, graph.main, offset);
    }

    static IoVector buffer(long bytes, int value) {
        MemorySegment segment = Arena.ofAuto().allocate(bytes, 4096);
        segment.fill((byte) value);
        return IoVector.of(segment);
    }

    /** Gives way until something holds; soon to other threads, too, which may have to do it. */
    void until(java.util.function.BooleanSupplier condition) {
        AioContext here = AioContext.current();
        Coroutine self = Coroutine.current();
        for (int i = 0; !condition.getAsBoolean(); i++) {
            if (i < QUICK_LOOKS) {
                Coroutine.awaitYield();
                continue;
            }
            if (i > LOOKS_MAX) {
                throw new AssertionError("never happened");
            }
            here.newTimer("look", self::wake).armAt(here.nowNs() + LOOK_NS);
            Coroutine.suspend();
        }
    }
}
