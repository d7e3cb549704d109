package io.backplane.graph;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.RequestEvent;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockPermission;
import io.backplane.block.BlockStatus;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BackendStats;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.memory.IoVector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A backend: counts each request in, parks it if drained, checks its range and hands it to the
 * root node. Owned by main; the verbs run in coroutines of any context.
 */
final class Backend extends Edge implements BlockBackend {
    private static final int WRITES =
            BlockPermission.WRITE.bit() | BlockPermission.WRITE_UNCHANGED.bit();

    // Immutable
    private final Graph graph;
    private final String backendName;
    private final InFlight inFlight;
    private final ParkedRequests parked;
    private final Owners owners;
    private final BackendCounters counters = new BackendCounters();

    // Global state
    private boolean closed;

    // Written in main, read anywhere
    private volatile int quiesceCount;
    private volatile boolean parks = true;
    private volatile boolean ownerSeenBusy;
    private volatile boolean retracting;
    private volatile AioContext context;

    Backend(Graph graph, String name, Permissions permissions) {
        super("root", permissions);
        this.graph = graph;
        backendName = name;
        context = graph.main;
        inFlight = new InFlight(graph.drains.wait);
        parked = new ParkedRequests(this, inFlight);
        owners = new Owners(this, graph.drains);
    }

    // Edge

    @Override
    Node parentNode() {
        return null;
    }

    @Override
    String user() {
        return "block device '" + backendName + "'";
    }

    @Override
    String parentName() {
        return backendName;
    }

    @Override
    void quiesceParent() {
        int before = quiesceCount;
        if (before == 0 && parks) {
            parked.close();
        }
        quiesceCount = before + 1;
        if (before == 0) {
            owners.tell(BlockDevOps::drainedBegin);
        }
    }

    @Override
    void resumeParent() {
        int after = quiesceCount - 1;
        assert after >= 0 : "drain of backend '" + backendName + "' ended twice";
        quiesceCount = after;
        if (after == 0) {
            ownerSeenBusy = false;
            parked.resume();
            owners.tell(BlockDevOps::drainedEnd);
        }
    }

    @Override
    boolean parentBusy() {
        int count = inFlight.count();
        ownerSeenBusy = ownerBusy();
        return count > 0 || ownerSeenBusy;
    }

    /** Whether a drain that waits has found the owner busy when it looked last. Any thread. */
    boolean ownerSeenBusy() {
        return ownerSeenBusy;
    }

    /** Whether somebody attached says that it has not stopped yet. Main. */
    boolean ownerBusy() {
        return owners.any(BlockDevOps::drainedPoll, false);
    }

    @Override
    void childResized() {
        owners.tell(BlockDevOps::resized);
    }

    @Override
    boolean allowsContext(AioContext target) {
        return !owners.any(ops -> !ops.allowsContext(target), true);
    }

    @Override
    void setParentContext(AioContext target) {
        context = target;
        owners.tell(ops -> ops.contextChanged(target));
    }

    // Owners, main

    /** Somebody is attached: told of a drain that already lasts. */
    void bind(BlockDevOps ops) {
        owners.add(ops);
        if (quiesceCount > 0) {
            owners.tell(ops, BlockDevOps::drainedBegin);
        }
    }

    /** Somebody is gone: hears nothing any more. */
    void unbind(BlockDevOps ops) {
        owners.remove(ops);
        graph.drains.wait.kick();
    }

    int quiesceCount() {
        return quiesceCount;
    }

    int parkedCount() {
        return parked.count();
    }

    int inFlight() {
        return inFlight.count();
    }

    /** The coroutines whose drained sections park requests here, as far as known. */
    List<Coroutine> drainers() {
        List<Coroutine> drainers = new ArrayList<>();
        for (Section section : graph.drains.sections()) {
            Coroutine owner = section.ownerOrNull();
            if (owner != null && section.covers(this)) {
                drainers.add(owner);
            }
        }
        return drainers;
    }

    // Requests, any context

    private Node begin(Coroutine self, String verb, long offset, long bytes)
            throws BlockException {
        inFlight.increment();
        self.carry(this, verb, offset, bytes);
        if (retracting || quiesceCount > 0 && parks && !parked.awaitResume()) {
            finish(self);
            throw retracted();
        }
        Node root = child;
        if (root == null) {
            finish(self);
            throw new BlockException(BlockException.Kind.NO_MEDIUM, "No medium found");
        }
        return root;
    }

    private BlockException retracted() {
        return new BlockException(BlockException.Kind.RETRACTED,
                "request of backend '" + backendName + "' was taken back");
    }

    private void checkRange(Node root, long offset, long bytes) throws BlockException {
        if ((offset | bytes) < 0 || bytes > root.length() - offset) {
            throw new BlockException(BlockException.Kind.INVALID, "request of " + bytes
                    + " bytes at " + offset + " is not inside the " + root.length()
                    + " bytes of node '" + root.name() + "'");
        }
    }

    private void checkWrite(Node root) throws BlockException {
        if ((used & WRITES) == 0) {
            throw new BlockException(BlockException.Kind.READ_ONLY,
                    "backend '" + backendName + "' may not write to node '" + root.name() + "'");
        }
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        while (true) {
            try {
                tryRead(offset, bytes, iov, from, flags);
                return;
            } catch (BlockException e) {
                awaitRetry(e);
            }
        }
    }

    private void tryRead(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        Coroutine self = Coroutine.current();
        RequestEvent event = RequestEvent.start();
        Node root = begin(self, "read", offset, bytes);
        boolean done = false;
        try {
            checkRange(root, offset, bytes);
            root.preadv(offset, bytes, iov, from, flags);
            done = true;
            counters.done(BackendCounters.READ, bytes);
        } finally {
            end(self, done, BackendCounters.READ);
            RequestEvent.end(event, "backend", backendName, "read", offset, bytes);
        }
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        while (true) {
            try {
                tryWrite(offset, bytes, iov, from, flags);
                return;
            } catch (BlockException e) {
                awaitRetry(e);
            }
        }
    }

    private void tryWrite(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        Coroutine self = Coroutine.current();
        RequestEvent event = RequestEvent.start();
        Node root = begin(self, "write", offset, bytes);
        boolean done = false;
        try {
            checkRange(root, offset, bytes);
            checkWrite(root);
            root.pwritev(offset, bytes, iov, from, flags);
            done = true;
            counters.written(offset, bytes);
        } finally {
            end(self, done, BackendCounters.WRITE);
            RequestEvent.end(event, "backend", backendName, "write", offset, bytes);
        }
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        while (true) {
            try {
                tryWriteZeroes(offset, bytes, flags);
                return;
            } catch (BlockException e) {
                awaitRetry(e);
            }
        }
    }

    private void tryWriteZeroes(long offset, long bytes, int flags) throws BlockException {
        Coroutine self = Coroutine.current();
        RequestEvent event = RequestEvent.start();
        Node root = begin(self, "write zeroes", offset, bytes);
        boolean done = false;
        try {
            checkRange(root, offset, bytes);
            checkWrite(root);
            root.pwriteZeroes(offset, bytes, flags);
            done = true;
            counters.done(BackendCounters.ZEROES, bytes);
        } finally {
            end(self, done, BackendCounters.ZEROES);
            RequestEvent.end(event, "backend", backendName, "write zeroes", offset, bytes);
        }
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        while (true) {
            try {
                tryDiscard(offset, bytes);
                return;
            } catch (BlockException e) {
                awaitRetry(e);
            }
        }
    }

    private void tryDiscard(long offset, long bytes) throws BlockException {
        Coroutine self = Coroutine.current();
        RequestEvent event = RequestEvent.start();
        Node root = begin(self, "discard", offset, bytes);
        boolean done = false;
        try {
            checkRange(root, offset, bytes);
            checkWrite(root);
            root.pdiscard(offset, bytes);
            done = true;
            counters.done(BackendCounters.DISCARD, bytes);
        } finally {
            end(self, done, BackendCounters.DISCARD);
            RequestEvent.end(event, "backend", backendName, "discard", offset, bytes);
        }
    }

    @Override
    public void flush() throws BlockException {
        while (true) {
            try {
                tryFlush();
                return;
            } catch (BlockException e) {
                awaitRetry(e);
            }
        }
    }

    private void tryFlush() throws BlockException {
        Coroutine self = Coroutine.current();
        RequestEvent event = RequestEvent.start();
        Node root = begin(self, "flush", 0, 0);
        boolean done = false;
        try {
            root.flush();
            done = true;
            counters.done(BackendCounters.FLUSH, 0);
        } finally {
            end(self, done, BackendCounters.FLUSH);
            RequestEvent.end(event, "backend", backendName, "flush", 0, 0);
        }
    }

    /** Returns when a request that met a broken driver may be tried again; else it has failed. */
    private void awaitRetry(BlockException failure) throws BlockException {
        NodeFault fault = NodeFault.of(failure);
        if (fault == null || !fault.awaitHealed(this)) {
            throw retracting && fault != null ? retracted() : failure;
        }
    }

    boolean isRetracting() {
        return retracting;
    }

    private void end(Coroutine self, boolean done, int verb) {
        if (!done) {
            counters.failed(verb);
        }
        finish(self);
    }

    private void finish(Coroutine self) {
        self.carryNothing();
        inFlight.decrement();
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) throws BlockException {
        Coroutine self = Coroutine.current();
        Node root = begin(self, "block status", offset, bytes);
        try {
            return root.blockStatus(offset, bytes);
        } finally {
            finish(self);
        }
    }

    @Override
    public void truncate(long length, boolean exact, Preallocation preallocation)
            throws BlockException {
        Coroutine self = Coroutine.current();
        Node root = begin(self, "truncate", length, 0);
        try {
            if ((used & BlockPermission.RESIZE.bit()) == 0) {
                throw new BlockException(BlockException.Kind.PERMISSION, "backend '"
                        + backendName + "' may not resize node '" + root.name() + "'");
            }
            root.truncate(length, exact, preallocation, 0);
        } finally {
            finish(self);
        }
    }

    // BlockBackend

    private Node root() {
        Node root = child;
        if (root == null) {
            throw new IllegalStateException("backend '" + backendName + "' is closed");
        }
        return root;
    }

    @Override
    public String name() {
        return backendName;
    }

    @Override
    public String nodeName() {
        return root().name();
    }

    @Override
    public long length() {
        return root().length();
    }

    @Override
    public BlockLimits limits() {
        return root().limits();
    }

    @Override
    public boolean writable() {
        return (used & BlockPermission.WRITE.bit()) != 0 && !root().readOnly();
    }

    @Override
    public boolean unmaps() {
        return root().settings.unmap();
    }

    @Override
    public AioContext context() {
        return context;
    }

    @Override
    public BackendStats stats() {
        return counters.read();
    }

    @Override
    public void incrementInFlight() {
        inFlight.increment();
    }

    @Override
    public void decrementInFlight() {
        inFlight.decrement();
    }

    @Override
    public void parkRequests(boolean park) {
        graph.assertMain();
        parks = park;
        if (!park) {
            parked.resume();
        } else if (quiesceCount > 0) {
            parked.close();
        }
    }

    @Override
    public void ownerFaultListener(
            BiConsumer<? super BlockDevOps, ? super Throwable> listener) {
        graph.assertMain();
        owners.faultListener(listener);
    }

    @Override
    public void retractRequests(boolean on) {
        graph.assertMain();
        retracting = on;
        parked.retract(on);
        if (on) {
            for (Node node : graph.nodes.all()) {
                if (node.fault() != null) {
                    node.fault().retract(this);
                }
            }
        }
    }

    @Override
    public void awaitMoveTo(AioContext target) throws BlockException {
        graph.assertMain();
        graph.contextMoves.awaitMove(this, target);
    }

    @Override
    public void awaitClose() {
        graph.assertMain();
        if (!closed) {
            closed = true;
            graph.awaitDetach(this);
        }
    }
}
