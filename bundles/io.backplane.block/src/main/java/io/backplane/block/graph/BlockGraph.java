package io.backplane.block.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.GraphUnlocked;
import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.spi.BlockDriver;
import java.util.List;
import java.util.SortedMap;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Control of the block graph; one service. Everything here is global state: main context, and what
 * suspends runs in a coroutine there. Errors are operator errors: checked, with the offending name.
 */
@ProviderType
public interface BlockGraph {

    /** The drivers there are now, by name. */
    @AnyThread
    SortedMap<String, BlockDriver> drivers();

    /** All versions of all drivers, by name, the newest of each first. */
    @AnyThread
    List<DriverVersion> driverVersions();

    /**
     * Takes nodes over to other versions of their drivers: drained, frozen, thawed. All or none:
     * after an exception all have the driver they had before.
     *
     * @param swaps names of nodes, and the versions they go to
     * @param pace called between one group of nodes and the next
     * @return what was done, with the pauses
     */
    @GlobalState
    @Suspends
    List<DriverSwap> awaitSwapDrivers(List<DriverSwap> swaps, SwapPace pace)
            throws BlockException;

    /** Lets whoever swaps drivers wait, or give up. */
    interface SwapPace {
        /** No pause of its own. */
        SwapPace AT_ONCE = (done, count) -> { };

        /**
         * Called when no node is drained.
         *
         * @param done how many nodes are through
         * @param count of so many
         * @throws BlockException to go no further, and back
         */
        @GlobalState
        @Suspends
        void awaitNext(int done, int count) throws BlockException;
    }

    /** What waits for a driver that is missing fails now. Before a stop. */
    @GlobalState
    @NoSuspend
    void endHolds();

    /** Makes a named node (blockdev-add); undone completely on failure. */
    @GlobalState
    @Suspends
    @GraphUnlocked
    BlockNode awaitAdd(BlockdevOptions options) throws BlockException;

    /** Deletes a node that nobody uses (blockdev-del). */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitDelete(String nodeName) throws BlockException;

    /** Changes the options of nodes, all or none (blockdev-reopen). */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitReopen(List<BlockdevOptions> options) throws BlockException;

    /** Creates an image (the work of blockdev-create). */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitCreate(String driver, Record options, CreateProgress progress)
            throws BlockException;

    /** Told how far a creation is, in bytes. */
    interface CreateProgress {
        /** Called from the coroutine that creates. */
        @IoCode
        @NoSuspend
        void progress(long done, long total);
    }

    /**
     * Opens an image by file name as the tools do.
     *
     * @param filename a path, or a json: pseudo-file
     * @param format driver name; null: probe
     */
    @GlobalState
    @Suspends
    @GraphUnlocked
    BlockNode awaitOpen(String filename, String format, boolean writable, boolean forceShare)
            throws BlockException;

    /** The node called so; null if there is none. */
    @GlobalState
    BlockNode find(String nodeName);

    /** All nodes in order of creation. */
    @GlobalState
    List<? extends BlockNode> nodes();

    /** All backends in order of creation. */
    @GlobalState
    List<? extends BlockBackend> backends();

    /**
     * Makes a backend on a node.
     *
     * @param name unique name
     * @param permissions checked against all other parents before anything changes
     * @param context where its requests come from; the subgraph moves there if it can
     */
    @GlobalState
    @Suspends
    @GraphUnlocked
    BlockBackend awaitAttach(String name, BlockdevRef node, Permissions permissions,
            AioContext context) throws BlockException;

    /**
     * Drains a node: when it returns no request is in flight on it or below on its account, and
     * none starts until the section is closed. Sections nest. Never call it under the graph lock.
     */
    @GlobalState
    @Suspends
    @GraphUnlocked
    DrainedSection awaitDrained(BlockNode node);

    /**
     * As {@link #awaitDrained(BlockNode)}.
     *
     * @param asker what it is for, shown to operators
     */
    @GlobalState
    @Suspends
    @GraphUnlocked
    DrainedSection awaitDrained(BlockNode node, String asker);

    /** The drained sections that wait or hold now, oldest first. */
    @GlobalState
    @NoSuspend
    List<DrainReport> drains();

    /** Drains all nodes. */
    @GlobalState
    @Suspends
    @GraphUnlocked
    DrainedSection awaitAllDrained();

    /** Flushes all nodes (before a stop). */
    @GlobalState
    @Suspends
    void awaitFlushAll() throws BlockException;

    /** Shuts down everything: drains, flushes and closes all nodes; used when the daemon stops. */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitCloseAll();

    /** Adds a listener to what happens in the graph. */
    @AnyThread
    AutoCloseable listen(GraphListener listener);
}
