package io.backplane.block.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** A node of the graph, as control sees it. */
@ProviderType
public interface BlockNode {

    /** Edge from a parent to a child, for queries. */
    record Edge(String parent, boolean parentIsNode, String name, String child,
            io.backplane.block.Permissions permissions) {
    }

    /** Its node-name. */
    @AnyThread
    String name();

    /** Name of its driver. */
    @AnyThread
    String driver();

    /** Version of its driver; of the last one while {@link #driverMissing}. */
    @AnyThread
    DriverVersion driverVersion();

    /** Whether it is without its driver, or waits for a node below that is. */
    @AnyThread
    boolean driverMissing();

    /** Kind of its driver. */
    @AnyThread
    DriverTraits traits();

    /** The driver's half, for queries and for what only this format can do. */
    @AnyThread
    DriverNode driverNode();

    /** The options it was made or last reopened with. */
    @GlobalState
    BlockdevOptions options();

    /** File name for people: the host file's, or a json: pseudo-file. */
    @AnyThread
    String filename();

    /** Length in bytes. */
    @AnyThread
    long length();

    /** Its limits. */
    @AnyThread
    BlockLimits limits();

    /** Whether it refuses writes now. */
    @AnyThread
    boolean readOnly();

    /** Its home context. */
    @AnyThread
    AioContext context();

    /** Requests in flight now. */
    @AnyThread
    int inFlight();

    /** How many drained sections hold it. */
    @AnyThread
    int quiesceCount();

    /** The child called {@code name} (file, backing, ...); null if there is none. */
    @GlobalState
    BlockNode child(String name);

    /** Edges to its children. */
    @GlobalState
    List<Edge> children();

    /** Edges from its parents, nodes and backends. */
    @GlobalState
    List<Edge> parents();

    /** Changes its length (block_resize); checks permissions of all parents. */
    @GlobalState
    @Suspends
    void awaitTruncate(long length, Preallocation preallocation) throws BlockException;

    /** Bytes of host storage it takes up, -1 if unknown. */
    @GlobalState
    @Suspends
    long awaitAllocatedBytes() throws BlockException;
}
