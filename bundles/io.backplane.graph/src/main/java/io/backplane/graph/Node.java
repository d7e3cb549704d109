package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.BottomHalf;
import io.backplane.aio.InFlight;
import io.backplane.aio.RequestEvent;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockStatus;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.ImpliedChild;
import io.backplane.block.spi.NodeNotices;
import io.backplane.memory.IoVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The graph's half of a node: its place in the graph, and the gate every request passes before it
 * reaches the driver's half. Owned by main; the data-path verbs run in coroutines of any context
 * and touch only what stands still while they are in flight.
 */
final class Node implements BlockNode, NodeNotices {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    /** Lengths are told in these units, as guests expect. */
    static final int SECTOR_BYTES = 512;

    /** Where a node is in its life. */
    enum Stage { OPENING, OPEN, CLOSING, CLOSED }

    // Immutable
    final Graph graph;
    private final String name;
    private final String driverName;
    private final DriverTraits traits;
    final InFlight inFlight;
    final RequestTracker tracker = new RequestTracker();
    final DriverCalls calls = new DriverCalls(this);
    private final NodeReads reads = new NodeReads(this);
    final NodeWrites writes = new NodeWrites(this);
    final NodeZeroes zeroes = new NodeZeroes(this);
    private final NodeDiscards discards = new NodeDiscards(this);
    final NodeFlushes flushes = new NodeFlushes(this);
    private final NodeStatus status = new NodeStatus(this);
    private final BottomHalf lengthBh;
    private final BottomHalf limitsBh;

    // Global state; changed only while drained, read by requests in flight here
    BlockDriver driver;
    DriverVersion version;
    DriverNode driverNode;
    BlockLimits limits = BlockLimits.NONE;
    NodeSettings settings;
    boolean openedReadOnly;
    final List<NodeEdge> children = new ArrayList<>();

    // Global state
    final List<io.backplane.graph.Edge> parents = new ArrayList<>();
    boolean monitorOwned;
    BlockdevOptions options;
    Stage stage = Stage.OPENING;
    Permissions cumulative = Permissions.NONE;
    NodeOpenRequest openRequest;
    /** Whether its driver's half is being exchanged. */
    boolean swapping;
    /** How many operations of main use its driver's half without being requests. */
    int working;
    /** The drivers that broke their contract here: none of them is tried again. */
    final Set<BlockDriver> failed = Collections.newSetFromMap(new WeakHashMap<>());
    /** Why it has no driver's half; null: it has one. */
    Hold hold;
    private boolean corruptTold;

    // Any thread
    private final AtomicReference<NodeFault> fault = new AtomicReference<>();

    // Written in main, read anywhere
    private volatile int quiesceCount;
    private volatile AioContext context;
    private volatile long knownLength;

    Node(Graph graph, String name, DriverSet.Entry driver, BlockdevOptions options,
            NodeSettings settings) {
        this.graph = graph;
        this.name = name;
        this.driver = driver.driver();
        this.version = driver.version();
        this.driverName = this.driver.name();
        this.traits = this.driver.traits();
        this.options = options;
        this.settings = settings;
        context = graph.main;
        inFlight = new InFlight(graph.drains.wait);
        lengthBh = graph.main.newBottomHalf("length of " + name, this::checkLength);
        limitsBh = graph.main.newBottomHalf("limits of " + name,
                () -> contain(this::refreshLimits));
    }

    // Life, main

    /** The driver's half is there from now on. */
    void opened(DriverNode opened) {
        driverNode = opened;
        openedReadOnly = settings.readOnly() || opened.readOnly();
        refreshLimits();
        knownLength = length();
        if (quiesceCount > 0) {
            opened.drainedBegin();
        }
    }

    /** Its driver's half is frozen; drained. */
    void frozen() {
        driverNode = new HeldNode(this);
        driver = null;
        openRequest = null;
    }

    /** Another driver's half has taken over; drained. */
    void thawed(DriverSet.Entry by, DriverNode opened, BlockdevOptions retyped,
            NodeOpenRequest request) {
        driver = by.driver();
        version = by.version();
        driverNode = opened;
        options = retyped;
        openRequest = request;
        request.settled();
        refreshLimits();
        opened.drainedBegin();
        for (NodeEdge edge : children) {
            edge.role = opened.childRole(edge.name);
        }
        for (ImpliedChild implied : opened.impliedChildren()) {
            NodeEdge edge = edge(implied.name());
            if (edge != null && !NodeOpener.isAnswered(this, implied.name())) {
                opened.childAttached(edge);
            }
        }
    }

    /**
     * The driver's half broke its contract: the first time puts the node in quarantine.
     *
     * @return what the request fails with
     */
    BlockException failed(Throwable bug) {
        NodeFault first = new NodeFault(this, version, bug);
        if (fault.compareAndSet(null, first)) {
            LOG.error("bug: {}", first, bug);
            graph.main.spawn(() -> graph.holds.awaitQuarantine(first));
            return first.failure();
        }
        NodeFault before = fault.get();
        return (before == null ? first : before).failure();
    }

    /** What is wrong with the driver's half, or null. */
    NodeFault fault() {
        return fault.get();
    }

    /** There is another driver's half. */
    void faultIsOver() {
        NodeFault before = fault.getAndSet(null);
        if (before != null) {
            before.end(true);
        }
    }

    /** What requests are told while there is no driver's half. */
    String missingText() {
        NodeFault before = fault.get();
        if (before != null) {
            return before.toString();
        }
        return "Driver '" + driverName + "' of node '" + name + "' is missing";
    }

    void refreshLimits() {
        if (driverNode != null) {
            BlockLimits now = driverNode.limits();
            assert Integer.bitCount(now.requestAlignment()) == 1
                    && Integer.bitCount(now.memoryAlignment()) == 1
                    : driverName + ": alignment is no power of two";
            limits = now;
        }
    }

    /** Frees what the node itself holds. */
    void closed() {
        stage = Stage.CLOSED;
        lengthBh.close();
        limitsBh.close();
    }

    NodeEdge edge(String childName) {
        for (int i = 0; i < children.size(); i++) {
            if (children.get(i).name.equals(childName)) {
                return children.get(i);
            }
        }
        return null;
    }

    /** What the driver is still doing its metadata and data through, or null. */
    NodeEdge storage() {
        NodeEdge file = edge("file");
        return file != null ? file : children.isEmpty() ? null : children.get(0);
    }

    // Drain, main

    void quiesceBegin() {
        int before = quiesceCount;
        quiesceCount = before + 1;
        if (before == 0) {
            for (int i = 0; i < parents.size(); i++) {
                io.backplane.graph.Edge edge = parents.get(i);
                edge.quiescesParent = true;
                edge.quiesceParent();
            }
            if (driverNode != null) {
                tell(driverNode::drainedBegin);
            }
        }
    }

    /** Tells the driver's half something of a drain. */
    private void tell(Runnable notice) {
        contain(() -> graph.drains.callBack(notice));
    }

    private void contain(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            failed(e);
        }
    }

    boolean driverBusy() {
        try {
            return driverNode != null && driverNode.drainedPoll();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            failed(e);
            return false;
        }
    }

    void quiesceEnd() {
        int after = quiesceCount - 1;
        assert after >= 0 : "drained section of '" + name + "' ended twice";
        quiesceCount = after;
        if (after == 0) {
            if (driverNode != null && stage != Stage.CLOSED) {
                tell(driverNode::drainedEnd);
            }
            for (int i = 0; i < parents.size(); i++) {
                io.backplane.graph.Edge edge = parents.get(i);
                if (edge.quiescesParent) {
                    edge.quiescesParent = false;
                    edge.resumeParent();
                }
            }
        }
    }

    boolean isBusy() {
        if (inFlight.count() > 0 || driverBusy()) {
            return true;
        }
        for (int i = 0; i < parents.size(); i++) {
            if (parents.get(i).parentBusy()) {
                return true;
            }
        }
        return false;
    }

    // Length

    /** After a write or a truncate that may have changed the length. Any thread. */
    void lengthMayHaveChanged() {
        if (length() != knownLength) {
            lengthBh.schedule();
        }
    }

    /** Tells parents and listeners once a change. Main. */
    void checkLength() {
        if (stage != Stage.OPEN && stage != Stage.OPENING || driverNode == null) {
            return;
        }
        long now = length();
        if (now != knownLength) {
            knownLength = now;
            for (int i = 0; i < parents.size(); i++) {
                parents.get(i).childResized();
            }
            graph.listeners.resized(this);
        }
    }

    long knownLength() {
        return knownLength;
    }

    // NodeNotices, any thread

    @Override
    public void lengthChanged() {
        lengthBh.schedule();
    }

    @Override
    public void limitsChanged() {
        limitsBh.schedule();
    }

    @Override
    public void quiet() {
        graph.drains.wait.kick();
    }

    @Override
    public void imageCorrupted(String message, long offset, long bytes, boolean fatal) {
        graph.main.schedule(() -> {
            if (!corruptTold) {
                corruptTold = true;
                graph.listeners.imageCorrupted(this, message, offset, bytes, fatal);
            }
        });
    }

    // Data path: coroutines of any context

    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        RequestEvent event = RequestEvent.start();
        inFlight.increment();
        try {
            reads.preadv(offset, bytes, iov, from, flags);
        } finally {
            inFlight.decrement();
            RequestEvent.end(event, "node", name, "read", offset, bytes);
        }
    }

    /** Reads for a write in flight, aligned, without being tracked again. */
    void readBlock(long offset, long bytes, IoVector iov, long from) throws BlockException {
        reads.readAligned(offset, bytes, iov, from);
    }

    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        RequestEvent event = RequestEvent.start();
        inFlight.increment();
        try {
            writes.pwritev(offset, bytes, iov, from, flags);
        } finally {
            inFlight.decrement();
            RequestEvent.end(event, "node", name, "write", offset, bytes);
        }
    }

    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        RequestEvent event = RequestEvent.start();
        inFlight.increment();
        try {
            zeroes.pwriteZeroes(offset, bytes, flags);
        } finally {
            inFlight.decrement();
            RequestEvent.end(event, "node", name, "write zeroes", offset, bytes);
        }
    }

    void pdiscard(long offset, long bytes) throws BlockException {
        RequestEvent event = RequestEvent.start();
        inFlight.increment();
        try {
            discards.pdiscard(offset, bytes);
        } finally {
            inFlight.decrement();
            RequestEvent.end(event, "node", name, "discard", offset, bytes);
        }
    }

    void flush() throws BlockException {
        RequestEvent event = RequestEvent.start();
        inFlight.increment();
        try {
            flushes.flush();
        } finally {
            inFlight.decrement();
            RequestEvent.end(event, "node", name, "flush", 0, 0);
        }
    }

    BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        inFlight.increment();
        try {
            return status.blockStatus(offset, bytes);
        } finally {
            inFlight.decrement();
        }
    }

    void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException {
        inFlight.increment();
        try {
            checkWritable();
            if (length < 0) {
                throw new BlockException(BlockException.Kind.INVALID,
                        "Image size cannot be negative");
            }
            try {
                calls.truncate(length, exact, preallocation, flags);
            } finally {
                flushes.written();
                lengthMayHaveChanged();
            }
        } finally {
            inFlight.decrement();
        }
    }

    long allocatedBytes() throws BlockException {
        inFlight.increment();
        try {
            return calls.allocatedBytes();
        } finally {
            inFlight.decrement();
        }
    }

    /** Whether parents cannot be given the right to write. Main. */
    boolean readOnlyForParents() {
        return driverNode != null ? openedReadOnly : settings.readOnly();
    }

    void checkWritable() throws BlockException {
        if (openedReadOnly) {
            throw new BlockException(BlockException.Kind.READ_ONLY,
                    "Block node '" + name + "' is read-only");
        }
    }

    // BlockNode

    @Override
    public String name() {
        return name;
    }

    @Override
    public String driver() {
        return driverName;
    }

    @Override
    public DriverVersion driverVersion() {
        return version;
    }

    @Override
    public boolean driverMissing() {
        return hold != null;
    }

    @Override
    public DriverTraits traits() {
        return traits;
    }

    @Override
    public DriverNode driverNode() {
        return driverNode;
    }

    @Override
    public BlockdevOptions options() {
        return options;
    }

    @Override
    public String filename() {
        if (driverNode == null) {
            return "";
        }
        String own = driverNode.filename();
        if (own.isEmpty() && traits != DriverTraits.PROTOCOL && storage() != null) {
            return storage().child.filename();
        }
        return own;
    }

    @Override
    public long length() {
        try {
            return driverNode.length() + (SECTOR_BYTES - 1) & -SECTOR_BYTES;
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError e) {
            failed(e);
            return knownLength;
        }
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public boolean readOnly() {
        return openedReadOnly;
    }

    @Override
    public AioContext context() {
        return context;
    }

    void setContext(AioContext target) {
        context = target;
    }

    @Override
    public int inFlight() {
        return inFlight.count();
    }

    @Override
    public int quiesceCount() {
        return quiesceCount;
    }

    @Override
    public BlockNode child(String childName) {
        NodeEdge edge = edge(childName);
        return edge == null ? null : edge.child;
    }

    @Override
    public List<Edge> children() {
        return children.stream().map(NodeEdge::describe).toList();
    }

    @Override
    public List<Edge> parents() {
        return parents.stream().map(io.backplane.graph.Edge::describe).toList();
    }

    @Override
    public void awaitTruncate(long length, Preallocation preallocation) throws BlockException {
        graph.assertMain();
        NodeEdge edge = new NodeEdge(null, "root", ChildRole.FILTERED,
                new Permissions(BlockPermission.RESIZE.bit(), Permissions.ALL));
        graph.awaitAttachRoot(edge, this);
        try (DrainedSection _ = graph.drains.awaitBegin(this, "resize of " + this);
                Work _ = graph.awaitWork(this)) {
            edge.truncate(length, true, preallocation, 0);
            checkLength();
        } finally {
            graph.awaitLetGo(edge);
        }
    }

    @Override
    public long awaitAllocatedBytes() throws BlockException {
        graph.assertMain();
        try (Work _ = graph.awaitWork(this)) {
            return allocatedBytes();
        }
    }

    @Override
    public String toString() {
        return "node '" + name + "'";
    }
}
