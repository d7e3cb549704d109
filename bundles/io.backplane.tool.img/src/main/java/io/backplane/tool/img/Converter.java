package io.backplane.tool.img;

import io.backplane.aio.AioContext;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockStatus;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.memory.BufferPool;
import java.util.List;

/**
 * Copies sources into a target: several coroutines take one region after another, read it, and
 * write it in turn.
 *
 * <p>A region is a run of one status of the source: data of at most a buffer, zeroes, or (above a
 * backing file) what the backing file has anyway. Zeroes are looked for in data too, in blocks of
 * the target's own granularity, so that no cluster is written in pieces. A new target reads as
 * zeroes already and gets none. Main context only.
 */
final class Converter {
    private static final int BUFFER_BYTES = 2 << 20;
    private static final long ZERO_BYTES_MAX = 1 << 30;

    /** An image at its place in the output. */
    record Source(OpenedImage image, long start, long bytes) {
    }

    private enum Kind { DATA, ZERO, SKIP }

    /** One worker with its region. */
    private final class Worker {
        final BufferPool.Buffer buffer = buffers.take(BUFFER_BYTES);
        Kind kind;
        Source source;
        long start;
        long bytes;
    }

    // Immutable
    private final BlockBackend target;
    private final List<Source> sources;
    private final long total;
    private final Progress progress;
    private final boolean outOfOrder;
    private final boolean readsZero;
    private final boolean skipsBacking;
    private final boolean keepsZeroes;
    private final long blockBytes;
    private final int workerCount;
    private final BufferPool buffers = new BufferPool();
    private final CoMutex mutex = new CoMutex("the progress of a conversion");
    private final CoQueue turn = new CoQueue(mutex);

    // Under mutex
    private final Coroutine owner = Coroutine.current();
    private long position;
    private long writtenUpTo;
    private long doneBytes;
    private int sourceIndex;
    private int running;
    private ToolException failure;

    Converter(ConvertOptions options, List<Source> sources, OpenedImage target, long total,
            Progress progress) {
        this.sources = sources;
        this.target = target.backend();
        this.total = total;
        this.progress = progress;
        outOfOrder = options.outOfOrder;
        skipsBacking = options.backing != null;
        readsZero = options.targetIsZero || !options.exists && !skipsBacking;
        keepsZeroes = options.sparseBytes > 0;
        blockBytes = Math.max(Math.max(options.sparseBytes, 512),
                Math.min(target.backend().limits().zeroesAlignment(), BUFFER_BYTES));
        workerCount = options.coroutines;
    }

    /** Copies everything and flushes the target. */
    void awaitRun() throws ToolException, BlockException {
        try (buffers) {
            running = workerCount;
            for (int i = 0; i < workerCount; i++) {
                AioContext.current().spawn(this::runWorker);
            }
            Coroutine.suspend();
            if (failure != null) {
                throw failure;
            }
            target.flush();
        }
    }

    private void runWorker() {
        Worker worker = new Worker();
        try {
            while (awaitNext(worker)) {
                awaitCopy(worker);
            }
        } catch (ToolException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            fail(new ToolException("bug: " + e));
            throw e;
        } finally {
            worker.buffer.close();
            if (--running == 0) {
                owner.wake();
            }
        }
    }

    private void fail(ToolException e) {
        try (CoMutex.Held _ = mutex.awaitLock()) {
            failure = failure == null ? e : failure;
            turn.wakeAll();
        }
    }

    private boolean awaitNext(Worker worker) throws ToolException {
        try (CoMutex.Held _ = mutex.awaitLock()) {
            if (failure != null || position >= total) {
                return false;
            }
            while (sourceIndex + 1 < sources.size()
                    && position >= sources.get(sourceIndex + 1).start) {
                sourceIndex++;
            }
            worker.source = sources.get(sourceIndex);
            worker.start = position;
            awaitRegion(worker);
            position += worker.bytes;
            return true;
        }
    }

    private void awaitRegion(Worker worker) throws ToolException {
        Source source = worker.source;
        long offset = position - source.start;
        if (offset >= source.bytes) {
            long end = sourceIndex + 1 < sources.size() ? sources.get(sourceIndex + 1).start
                    : total;
            worker.kind = Kind.ZERO;
            worker.bytes = end - position;
            return;
        }
        BlockStatus status;
        try {
            status = source.image.backend().blockStatus(offset, source.bytes - offset);
        } catch (BlockException e) {
            throw new ToolException("error while reading block status at offset " + position
                    + ": " + e.getMessage());
        }
        boolean inBacking = skipsBacking && status.depth() > 0;
        worker.kind = inBacking ? Kind.SKIP
                : status.zero() && keepsZeroes ? Kind.ZERO : Kind.DATA;
        worker.bytes = status.bytes();
        if (worker.kind == Kind.DATA) {
            long end = (position / BUFFER_BYTES + 1) * BUFFER_BYTES;
            worker.bytes = Math.min(worker.bytes, end - position);
        } else if (worker.kind == Kind.ZERO && !readsZero) {
            worker.bytes = Math.min(worker.bytes, ZERO_BYTES_MAX);
        }
    }

    private void awaitCopy(Worker worker) throws ToolException {
        if (worker.kind == Kind.DATA) {
            awaitRead(worker);
        }
        if (!outOfOrder) {
            awaitTurn(worker.start);
        }
        try {
            if (failure != null) {
                return;
            }
            switch (worker.kind) {
                case DATA -> awaitWrite(worker);
                case ZERO -> awaitZeroes(worker.start, worker.bytes);
                case SKIP -> { }
            }
        } finally {
            awaitDone(worker);
        }
    }

    private void awaitRead(Worker worker) throws ToolException {
        try {
            worker.source.image.backend().preadv(worker.start - worker.source.start,
                    worker.bytes, worker.buffer.vector(), 0, 0);
        } catch (BlockException e) {
            throw new ToolException("error while reading at byte " + worker.start + ": "
                    + e.getMessage());
        }
    }

    private void awaitTurn(long start) {
        try (CoMutex.Held _ = mutex.awaitLock()) {
            while (writtenUpTo != start && failure == null) {
                turn.awaitWake();
            }
        }
    }

    private void awaitDone(Worker worker) {
        try (CoMutex.Held _ = mutex.awaitLock()) {
            writtenUpTo = worker.start + worker.bytes;
            doneBytes += worker.bytes;
            turn.wakeAll();
        }
        progress.update(doneBytes, total);
    }

    private void awaitWrite(Worker worker) throws ToolException {
        try {
            if (!keepsZeroes) {
                target.pwritev(worker.start, worker.bytes, worker.buffer.vector(), 0, 0);
                return;
            }
            long at = 0;
            while (at < worker.bytes) {
                long run = ZeroScan.run(worker.buffer.segment(), at, worker.bytes - at,
                        worker.start + at, blockBytes);
                if (run < 0) {
                    awaitZeroes(worker.start + at, -run);
                } else {
                    target.pwritev(worker.start + at, run, worker.buffer.vector(), at, 0);
                }
                at += Math.abs(run);
            }
        } catch (BlockException e) {
            throw writeFailure(worker.start, e);
        }
    }

    private void awaitZeroes(long offset, long bytes) throws ToolException {
        if (readsZero) {
            return;
        }
        try {
            target.pwriteZeroes(offset, bytes, keepsZeroes ? RequestFlags.MAY_UNMAP : 0);
        } catch (BlockException e) {
            throw writeFailure(offset, e);
        }
    }

    private static ToolException writeFailure(long offset, BlockException e) {
        return new ToolException("error while writing at byte " + offset + ": "
                + e.getMessage());
    }
}
