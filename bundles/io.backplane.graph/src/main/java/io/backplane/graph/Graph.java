package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.BlockdevRef;
import io.backplane.block.Permissions;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.block.graph.BlockGraph;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DrainReport;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.GraphListener;
import io.backplane.block.graph.JsonFilenames;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.memory.BufferPool;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The block graph: one for the process, owned by main. In plain Java whoever composes it adds the
 * drivers, and devices publish their BlockDevOps to it directly.
 */
public final class Graph implements BlockGraph, BlockDevOpsPublisher, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Graph.class);

    // Immutable
    final AioContext main;
    final BufferPool buffers = new BufferPool();
    private final Arena arena = Arena.ofShared();
    final Zeroes zeroes = new Zeroes(arena);
    final GraphLock lock;
    final Drains drains = new Drains(this);
    final PermissionRules permissions = new PermissionRules();
    final NodeOpener opener = new NodeOpener(this);
    final NodeCloser closer = new NodeCloser(this);
    final ImageFiles imageFiles = new ImageFiles(this);
    final ContextMoves contextMoves = new ContextMoves(this);
    private final Reopening reopening = new Reopening(this);
    final Retyping retyping = new Retyping(this);
    final DriverSwaps swaps = new DriverSwaps(this);
    final DriverHolds holds = new DriverHolds(this);
    final Exchanges exchanges = new Exchanges(this);

    // Any thread
    final DriverSet drivers = new DriverSet();
    final Listeners listeners = new Listeners();

    // Global state
    final NodeNames nodes = new NodeNames();
    private final List<Backend> backends = new ArrayList<>();
    private final DevOpsBindings bindings = new DevOpsBindings(this);

    /** An empty graph whose global state lives in {@code main}. */
    public Graph(AioContext main) {
        this.main = main;
        lock = new GraphLock(main);
    }

    void assertMain() {
        if (!main.isCurrent()) {
            AioContext here = AioContext.currentOrNull();
            throw new IllegalStateException("global state of the graph touched outside main, in "
                    + (here == null ? Thread.currentThread().getName() : here.name()));
        }
    }

    // Composition

    /** Adds a driver that comes from no bundle. Any thread. */
    public void addDriver(BlockDriver driver) {
        addDriver(driver, DriverVersion.none(driver.name()));
    }

    /** Adds a driver; nodes that wait for one of its name go on. Any thread. */
    public void addDriver(BlockDriver driver, DriverVersion version) {
        drivers.add(driver, version);
        main.schedule(listeners::driversChanged);
        main.spawn(holds::heal);
    }

    /**
     * Forgets a driver. When it returns no node runs its code: they have gone over to another
     * version, or wait for one. Main.
     */
    public void awaitRemoveDriver(BlockDriver driver) {
        assertMain();
        drivers.remove(driver);
        main.schedule(listeners::driversChanged);
        holds.awaitRemoved(driver);
    }

    /** What nodes do whose driver goes away, from now on. Main. */
    public void setMissingPolicy(MissingPolicy policy) {
        holds.setPolicy(policy);
    }

    /**
     * Begins an operation of main that uses the driver's half of a node without being a request:
     * waits until no driver's half at or below it is being exchanged, and keeps it so.
     */
    Work awaitWork(Node node) {
        return awaitWork(List.of(node));
    }

    Work awaitWork(List<Node> all) {
        drains.wait.awaitWhile(() -> all.stream().anyMatch(Graph::isSwappingBelow));
        return new Work(this, all);
    }

    private static boolean isSwappingBelow(Node node) {
        if (node.swapping) {
            return true;
        }
        for (NodeEdge edge : node.children) {
            if (isSwappingBelow(edge.child)) {
                return true;
            }
        }
        return false;
    }

    /** Who reads {@code json:} file names from now on; null: nobody. Main. */
    public void setJsonFilenames(JsonFilenames parser) {
        imageFiles.setJson(parser);
    }

    /** Which children that images name by themselves are opened from now on; all at first. Main. */
    public void setImplied(Predicate<ImpliedChild> wanted) {
        imageFiles.setImplied(wanted);
    }

    @Override
    public Publication publish(String backendName, BlockDevOps ops) {
        assertMain();
        bindings.add(backendName, ops);
        return () -> bindings.remove(backendName, ops);
    }

    // Nodes

    @Override
    public SortedMap<String, BlockDriver> drivers() {
        return drivers.all();
    }

    @Override
    public List<DriverVersion> driverVersions() {
        return drivers.versions();
    }

    @Override
    public List<DriverSwap> awaitSwapDrivers(List<DriverSwap> wanted, SwapPace pace)
            throws BlockException {
        assertMain();
        return swaps.awaitSwap(wanted, pace);
    }

    @Override
    public void endHolds() {
        assertMain();
        holds.endAll();
    }

    @Override
    public BlockNode awaitAdd(BlockdevOptions options) throws BlockException {
        assertMain();
        if (options.nodeName() == null) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "'node-name' must be specified for the root node");
        }
        Node node = opener.awaitOpen(options, null, null);
        node.monitorOwned = true;
        return node;
    }

    @Override
    public void awaitDelete(String nodeName) throws BlockException {
        assertMain();
        closer.awaitDelete(nodeName);
    }

    @Override
    public void awaitReopen(List<BlockdevOptions> options) throws BlockException {
        assertMain();
        reopening.awaitReopen(options);
    }

    @Override
    public void awaitCreate(String driver, Record options, CreateProgress progress)
            throws BlockException {
        assertMain();
        new ImageCreation(this, progress).awaitRun(drivers.require(driver).driver(), options);
    }

    @Override
    public BlockNode awaitOpen(String filename, String format, boolean writable,
            boolean forceShare) throws BlockException {
        assertMain();
        return imageFiles.awaitOpen(filename, format, writable, forceShare);
    }

    @Override
    public BlockNode find(String nodeName) {
        assertMain();
        return nodes.find(nodeName);
    }

    @Override
    public List<? extends BlockNode> nodes() {
        assertMain();
        return nodes.open();
    }

    // Backends

    @Override
    public List<? extends BlockBackend> backends() {
        assertMain();
        return List.copyOf(backends);
    }

    List<Backend> backendList() {
        return backends;
    }

    Backend findBackend(String name) {
        for (Backend backend : backends) {
            if (backend.name().equals(name)) {
                return backend;
            }
        }
        return null;
    }

    @Override
    public BlockBackend awaitAttach(String name, BlockdevRef ref, Permissions wanted,
            AioContext context) throws BlockException {
        assertMain();
        checkFree(name);
        Node node = opener.awaitResolve(ref);
        checkFree(name);
        Backend backend = new Backend(this, name, wanted);
        awaitAttachRoot(backend, node);
        backends.add(backend);
        bindings.added(backend);
        if (context != backend.context() || context != node.context()) {
            try {
                contextMoves.awaitMove(backend, context);
            } catch (BlockException e) {
                LOG.debug("backend '{}' stays in {}: {}", name, backend.context().name(),
                        e.getMessage());
            }
        }
        return backend;
    }

    private void checkFree(String name) throws BlockException {
        if (findBackend(name) != null) {
            throw new BlockException(BlockException.Kind.EXISTS,
                    "Device with id '" + name + "' already exists");
        }
    }

    /** Hangs an edge of a parent that is no node on {@code node}. */
    void awaitAttachRoot(Edge edge, Node node) throws BlockException {
        boolean done = false;
        try (GraphWriteSection _ = lock.awaitWrite();
                GraphChange change = new GraphChange(this)) {
            if (node.stage != Node.Stage.OPEN) {
                nodes.require(node.name());
            }
            change.attach(edge, node);
            change.awaitCommit();
            done = true;
        } finally {
            if (!done) {
                closer.awaitCloseUnused(node);
            }
        }
    }

    /** Drains an edge of a parent that is no node, takes it off, closes what nobody named. */
    void awaitDetach(Edge edge) {
        Node node = edge.child;
        awaitLetGo(edge);
        if (edge instanceof Backend backend) {
            backends.remove(backend);
        }
        closer.awaitCloseUnused(node);
    }

    /** As {@link #awaitDetach}, but the node stays in any case. */
    void awaitLetGo(Edge edge) {
        Node node = edge.child;
        try (DrainedSection _ = drains.awaitBegin(node, "detach of " + edge.user());
                GraphWriteSection _ = lock.awaitWrite();
                GraphChange change = new GraphChange(this)) {
            change.detach(edge);
            change.awaitCommit();
        } catch (BlockException e) {
            throw new IllegalStateException("taking a parent away made a conflict", e);
        }
    }

    // All of it

    @Override
    public DrainedSection awaitDrained(BlockNode node) {
        return drains.awaitBegin((Node) node, "unnamed");
    }

    @Override
    public DrainedSection awaitDrained(BlockNode node, String asker) {
        return drains.awaitBegin((Node) node, asker);
    }

    @Override
    public List<DrainReport> drains() {
        assertMain();
        return drains.sections().stream().map(Section::report).toList();
    }

    @Override
    public DrainedSection awaitAllDrained() {
        return drains.awaitBeginAll("all nodes");
    }

    @Override
    public void awaitFlushAll() throws BlockException {
        assertMain();
        BlockException first = null;
        for (Node node : nodes.open()) {
            try {
                if (node.stage == Node.Stage.OPEN && !node.readOnly()) {
                    awaitFlush(node);
                }
            } catch (BlockException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private void awaitFlush(Node node) throws BlockException {
        try (Work _ = awaitWork(node)) {
            node.flush();
        }
    }

    @Override
    public void awaitCloseAll() {
        assertMain();
        holds.endAll();
        closer.awaitCloseAll();
        holds.close();
    }

    @Override
    public AutoCloseable listen(GraphListener listener) {
        return listeners.add(listener);
    }

    /** Frees memory; all nodes are closed. */
    @Override
    public void close() {
        buffers.close();
        arena.close();
    }
}
