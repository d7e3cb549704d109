package io.backplane.tool.img;

import io.backplane.block.BlockException;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.driver.file.FileDriver;
import io.backplane.driver.file.FileEngines;
import io.backplane.driver.nullco.NullCoDriver;
import io.backplane.driver.qcow2.Qcow2Driver;
import io.backplane.driver.raw.RawDriver;
import io.backplane.graph.Graph;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.nio.NioPollerFactory;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.loop.Loops;
import java.util.List;
import java.util.function.Predicate;

/**
 * Puts together what a command needs: one loop on the calling thread, a graph, the drivers, and
 * host files. Commands that move no data do their I/O on the calling thread too; the others have
 * threads, so that reading, writing and looking for zeroes go on at the same time.
 */
final class ImageHost {
    /** What a command does with images, in a coroutine. */
    interface Work {
        /** Returns the exit code. */
        int awaitRun(ImageSession session) throws ToolException, BlockException;
    }

    private static final int THREADS_MAX = 8;

    private final CacheMode source;
    private final CacheMode target;
    private final boolean moves;
    private final Predicate<ImpliedChild> implied;

    private ImageHost(CacheMode source, CacheMode target, boolean moves,
            Predicate<ImpliedChild> implied) {
        this.source = source;
        this.target = target;
        this.moves = moves;
        this.implied = implied;
    }

    /** For commands that look at images or change little. */
    static ImageHost quick() {
        return new ImageHost(CacheMode.WRITEBACK, CacheMode.WRITEBACK, false, _ -> true);
    }

    /** For commands that do not touch the data: a data file is not opened, or even there. */
    static ImageHost describing() {
        return new ImageHost(CacheMode.WRITEBACK, CacheMode.WRITEBACK, false,
                child -> child.role() != ChildRole.DATA);
    }

    /** For commands that read and write whole images. */
    static ImageHost moving(CacheMode source, CacheMode target) {
        return new ImageHost(source, target, true, _ -> true);
    }

    int run(Work work) throws ToolException {
        try (BlockingPool pool = new BlockingPool("img", moves ? THREADS_MAX : 0)) {
            return run(work, new ToolFileEngine(pool, source, target));
        }
    }

    private int run(Work work, HostFileEngine engine) throws ToolException {
        int[] code = new int[1];
        ToolException[] failure = new ToolException[1];
        try (Loops loops = new Loops(List.of(new NioPollerFactory()))) {
            loops.runMain(() -> {
                try (Graph graph = graph(loops, engine)) {
                    graph.setImplied(implied);
                    code[0] = awaitWork(graph, work);
                } catch (ToolException e) {
                    failure[0] = e;
                }
            });
        }
        if (failure[0] != null) {
            throw failure[0];
        }
        return code[0];
    }

    private static int awaitWork(Graph graph, Work work) throws ToolException {
        try {
            ImageSession session = new ImageSession(graph);
            graph.setJsonFilenames(session::parse);
            return work.awaitRun(session);
        } catch (BlockException e) {
            throw new ToolException(e.getMessage());
        } finally {
            graph.awaitCloseAll();
        }
    }

    private static Graph graph(Loops loops, HostFileEngine engine) {
        Graph graph = new Graph(loops.main());
        graph.addDriver(new FileDriver("file", new FileEngines(engine)));
        graph.addDriver(new RawDriver());
        graph.addDriver(new NullCoDriver());
        graph.addDriver(new Qcow2Driver());
        return graph;
    }
}
