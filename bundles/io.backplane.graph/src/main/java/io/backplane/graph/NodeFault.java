package io.backplane.graph;

import io.backplane.aio.Awaited;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.graph.DriverFault;
import io.backplane.block.graph.DriverVersion;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a driver's half did that it must not, and the requests that wait for a better one. It keeps
 * the text of what was thrown only, so that nothing holds the classes of a bad bundle.
 */
final class NodeFault implements Awaited {
    // Immutable
    final Node node;
    private final DriverVersion version;
    private final String exceptionClass;
    private final String message;

    // Any thread, under guard; never held over a suspension
    private final ReentrantLock guard = new ReentrantLock();
    private final Map<Coroutine, Backend> waiting = new LinkedHashMap<>();
    private final Set<Coroutine> retracted = new HashSet<>();
    private boolean over;
    private boolean healed;

    NodeFault(Node node, DriverVersion version, Throwable bug) {
        this.node = node;
        this.version = version;
        exceptionClass = bug.getClass().getName();
        message = bug.getMessage() == null ? "" : bug.getMessage();
    }

    /** What the request that met it fails with, unless it may wait. */
    BlockException failure() {
        return new Failure(this);
    }

    /** The fault that {@code e} comes from, or null. */
    static NodeFault of(BlockException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof Failure failure) {
                return failure.fault;
            }
        }
        return null;
    }

    /**
     * Waits until the node works again or requests are to fail, or the asker's requests are
     * retracted; returns whether it works.
     */
    boolean awaitHealed(Backend asker) {
        Coroutine self = Coroutine.current();
        guard.lock();
        try {
            if (over || asker.isRetracting()) {
                return over && healed;
            }
            waiting.put(self, asker);
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(this);
        guard.lock();
        try {
            return !retracted.remove(self) && healed;
        } finally {
            guard.unlock();
        }
    }

    /** The requests of {@code asker} do not wait any more. */
    void retract(Backend asker) {
        guard.lock();
        try {
            waiting.entrySet().removeIf(entry -> {
                boolean goes = entry.getValue() == asker;
                if (goes) {
                    retracted.add(entry.getKey());
                    entry.getKey().wake();
                }
                return goes;
            });
        } finally {
            guard.unlock();
        }
    }

    /** Lets all that wait go on; void after the first time. Any thread. */
    void end(boolean works) {
        guard.lock();
        try {
            if (!over) {
                over = true;
                healed = works;
                waiting.keySet().forEach(Coroutine::wake);
                waiting.clear();
            }
        } finally {
            guard.unlock();
        }
    }

    /** Whether nobody waits for the end of it any more. */
    boolean isOver() {
        guard.lock();
        try {
            return over;
        } finally {
            guard.unlock();
        }
    }

    DriverFault report(boolean held, long timeoutNs) {
        return new DriverFault(node.name(), version, exceptionClass, message, held, timeoutNs);
    }

    @Override
    public String describe() {
        return "another version of the driver of " + node;
    }

    @Override
    public List<Coroutine> blockers() {
        return List.of();
    }

    @Override
    public String toString() {
        return "Driver '" + version.driver() + "' of node '" + node.name() + "' failed: "
                + exceptionClass + (message.isEmpty() ? "" : ": " + message);
    }

    /** Goes up through the drivers above as any other I/O error. */
    private static final class Failure extends BlockException {
        private static final long serialVersionUID = 1L;
        private final transient NodeFault fault;

        Failure(NodeFault fault) {
            super(Kind.IO, fault.toString());
            this.fault = fault;
        }
    }
}
