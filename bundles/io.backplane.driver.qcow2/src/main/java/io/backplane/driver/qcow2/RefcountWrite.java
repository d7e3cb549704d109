package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.RequestFlags;
import io.backplane.memory.BufferPool;
import io.backplane.memory.IoVector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * One write of all changed refcounts: copied under the metadata lock, written without it or with
 * it, blocks first and then the sectors of the table that refer to new ones. Writes follow each
 * other in the order of their copies, so that none brings back older counts.
 */
final class RefcountWrite {
    private static final int MAX_RUN_BYTES = 256 << 10;
    /** Up to this many blocks are made stable one by one, without all the data around them. */
    private static final int MAX_FUA_BLOCKS = 2;

    private static final class Copy {
        final long offset;
        final int bytes;
        final BufferPool.Buffer buffer;
        final RefcountBlock block;
        final int from;

        Copy(long offset, int bytes, BufferPool.Buffer buffer, RefcountBlock block, int from) {
            this.offset = offset;
            this.bytes = bytes;
            this.buffer = buffer;
            this.block = block;
            this.from = from;
        }
    }

    private final Qcow2Image image;
    private final CoMutex.Held order;
    private final List<Copy> blocks = new ArrayList<>();
    private final List<Copy> sectors = new ArrayList<>();
    private BitSet takenSectors = new BitSet();
    private boolean lengthened;
    private boolean failed;

    /**
     * @param order keeps the next one away until this one has written
     * @param withCounts false: only the file's length matters
     */
    RefcountWrite(Qcow2Image image, CoMutex.Held order, boolean withCounts) throws BlockException {
        this.image = image;
        this.order = order;
        lengthened = image.file.takeLengthUnstable();
        if (withCounts) {
            boolean done = false;
            try {
                copyBlocks();
                copySectors();
                done = true;
            } finally {
                if (!done) {
                    order.close();
                    end(false);
                }
            }
        }
    }

    private void copyBlocks() throws BlockException {
        for (RefcountBlock block : image.refcounts.cache.dirty()) {
            int from = block.dirtyFrom();
            int to = block.dirtyTo();
            long host = image.refcounts.blockOffset(block.key);
            BufferPool.Buffer buffer = image.buffers.take(to - from);
            block.encode(from, to, buffer.segment(), 0);
            block.markClean();
            block.writing++;
            blocks.add(new Copy(host + from, to - from, buffer, block, from));
        }
        blocks.sort(Comparator.comparingLong(copy -> copy.offset));
    }

    private void copySectors() {
        Refcounts refcounts = image.refcounts;
        takenSectors = refcounts.takeDirtySectors();
        int perSector = L1Table.SECTOR_BYTES >> 3;
        for (int i = takenSectors.nextSetBit(0); i >= 0; i = takenSectors.nextSetBit(i + 1)) {
            int first = i * perSector;
            int end = Math.min(first + perSector, refcounts.tableCount());
            BufferPool.Buffer buffer = image.buffers.take((end - first) * 8L);
            for (int k = first; k < end; k++) {
                buffer.segment().set(Be.LONG, (k - first) * 8L, refcounts.tableEntry(k));
            }
            sectors.add(new Copy(refcounts.tableOffset() + first * 8L, (end - first) * 8, buffer,
                    null, 0));
        }
    }

    /** Writes; {@code stable}: and makes it stable, the file's length included. */
    void awaitWrite(boolean stable) throws BlockException {
        boolean done = false;
        try {
            boolean flush = lengthened || !sectors.isEmpty() || blocks.size() > MAX_FUA_BLOCKS;
            awaitWriteCopies(blocks, stable && !flush ? RequestFlags.FUA : 0);
            if (!sectors.isEmpty()) {
                image.file.child.flush();
                awaitWriteCopies(sectors, 0);
            }
            if (flush && (stable || lengthened || !sectors.isEmpty())) {
                image.file.child.flush();
            }
            done = true;
        } finally {
            if (!done) {
                failed = true;
                image.writeBack.unresolved.incrementAndGet();
            }
            order.close();
        }
    }

    /** Writes copies, neighbours together. */
    private void awaitWriteCopies(List<Copy> copies, int flags) throws BlockException {
        if (copies.isEmpty()) {
            return;
        }
        IoVector run = new IoVector();
        long start = 0;
        for (Copy copy : copies) {
            if (run.bytes() > 0 && (copy.offset != start + run.bytes()
                    || run.bytes() >= MAX_RUN_BYTES)) {
                image.file.child.pwritev(start, run.bytes(), run, 0, flags);
                run.clear();
            }
            if (run.bytes() == 0) {
                start = copy.offset;
            }
            run.add(copy.buffer.segment(), 0, copy.bytes);
        }
        image.file.child.pwritev(start, run.bytes(), run, 0, flags);
    }

    /** Frees the copies; if not {@code done}, what they held is dirty again. Metadata lock. */
    void end(boolean done) {
        for (Copy copy : blocks) {
            copy.buffer.close();
            copy.block.writing--;
            if (!done) {
                copy.block.markDirty(copy.from, copy.from + copy.bytes);
            }
        }
        for (Copy copy : sectors) {
            copy.buffer.close();
        }
        if (failed) {
            image.writeBack.unresolved.decrementAndGet();
        }
        if (!done) {
            image.refcounts.dirtyAgain(takenSectors);
            if (lengthened) {
                image.file.lengthUnstable();
            }
        }
    }
}
