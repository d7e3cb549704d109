package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Host clusters that are free but already counted as used, on stable storage, inside the stable
 * length of the file. An L2 or L1 entry may refer to them at once, without a barrier.
 *
 * <p>They are taken in batches. A request that finds less than half a batch takes the next one,
 * before it allocates; the others go on meanwhile. What is unused when the image closes is given
 * back; if the process ends otherwise, it leaks: less than two batches.
 */
final class Reserve {
    private static final long FIRST_BYTES = 8 << 20;
    private static final long MAX_BYTES = 64 << 20;
    private static final int MIN_CLUSTERS = 4;
    private static final int MAX_CLUSTERS = 1024;

    /** Clusters in a row. */
    private static final class Run {
        long cluster;
        long count;
        final boolean fresh;

        Run(long cluster, long count, boolean fresh) {
            this.cluster = cluster;
            this.count = count;
            this.fresh = fresh;
        }
    }

    // Immutable
    private final Qcow2Image image;
    private final int clusterBits;
    private final CoMutex filling = new CoMutex("the reserve of qcow2 clusters");

    // Under the metadata lock
    private final ArrayDeque<Run> runs = new ArrayDeque<>();
    private long takenCount;
    private boolean takenFresh;

    // Any thread; written under the metadata lock
    private volatile long count;
    private volatile long batch;

    Reserve(Qcow2Image image) {
        this.image = image;
        clusterBits = image.layout.clusterBits();
        batch = Math.clamp(FIRST_BYTES >> clusterBits, MIN_CLUSTERS, MAX_CLUSTERS / 4);
    }

    /** How many clusters the last {@link #awaitTake} gave. */
    long takenCount() {
        return takenCount;
    }

    /** Whether nothing ever wrote to what the last {@link #awaitTake} gave. */
    boolean takenFresh() {
        return takenFresh;
    }

    /**
     * Takes one to {@code max} clusters in a row; {@link #takenCount} says how many. Under the
     * metadata lock.
     *
     * @return host offset in bytes
     */
    long awaitTake(long max) throws BlockException {
        if (runs.isEmpty()) {
            List<Run> more = awaitTakeBatch();
            RefcountWrite write = null;
            boolean done = false;
            try {
                write = image.writeBack.awaitCopyRefcounts(
                        !image.settings.lazyRefcounts());
                write.awaitWrite(true);
                done = true;
            } finally {
                awaitEndBatch(more, write, done);
            }
        }
        Run run = runs.peekFirst();
        long n = Math.min(max, run.count);
        long offset = run.cluster << clusterBits;
        run.cluster += n;
        run.count -= n;
        if (run.count == 0) {
            runs.removeFirst();
        }
        count -= n;
        takenCount = n;
        takenFresh = run.fresh;
        return offset;
    }

    /** Before an allocation, without locks: takes the next batch in time. */
    void awaitRefill() throws BlockException {
        long have = count;
        if (have > batch >> 1) {
            return;
        }
        CoMutex.Held alone = have == 0 ? filling.awaitLock() : filling.tryLock();
        if (alone == null) {
            return;
        }
        try (alone) {
            if (have == 0 ? count == 0 : count <= batch >> 1) {
                awaitFill();
            }
        } catch (BlockException e) {
            if (count == 0) {
                throw e;
            }
        }
    }

    private void awaitFill() throws BlockException {
        List<Run> more;
        RefcountWrite write = null;
        boolean done = false;
        try (CoMutex.Held _ = image.lock.awaitLock()) {
            image.checkUsable();
            more = awaitTakeBatch();
            write = image.writeBack.awaitCopyRefcounts(
                        !image.settings.lazyRefcounts());
        }
        try {
            write.awaitWrite(true);
            done = true;
        } finally {
            try (CoMutex.Held _ = image.lock.awaitLock()) {
                awaitEndBatch(more, write, done);
            }
        }
    }

    private List<Run> awaitTakeBatch() throws BlockException {
        List<Run> more = new ArrayList<>();
        long left = batch;
        long most = left;
        while (left > 0) {
            try {
                long fresh = image.file.untouchedFrom() + image.layout.clusterMask()
                        >> clusterBits;
                long cluster = image.refcounts.awaitAllocate(Math.min(left, most)) >> clusterBits;
                if (cluster == 0) {
                    throw image.corrupt("Preventing invalid allocation of a cluster at offset 0");
                }
                long got = image.refcounts.allocatedCount();
                long old = Math.clamp(fresh - cluster, 0, got);
                if (old > 0) {
                    more.add(new Run(cluster, old, false));
                }
                if (old < got) {
                    more.add(new Run(cluster + old, got - old, true));
                }
                left -= got;
            } catch (BlockException e) {
                if (most > 1 && e.kind() != Kind.CORRUPT) {
                    most >>= 1; // a full host may still have room for less
                } else if (more.isEmpty()) {
                    throw e;
                } else {
                    break;
                }
            }
        }
        return more;
    }

    private void awaitEndBatch(List<Run> more, RefcountWrite write, boolean done)
            throws BlockException {
        if (write != null) {
            write.end(done);
        }
        for (Run run : more) {
            if (done) {
                runs.addLast(run);
                count += run.count;
            } else {
                image.refcounts.awaitDecrement(run.cluster, run.count);
            }
        }
        if (done) {
            batch = Math.min(batch * 2, Math.clamp(MAX_BYTES >> clusterBits, 2 * MIN_CLUSTERS,
                    MAX_CLUSTERS));
        }
    }

    /** Gives back what is unused, in memory. Under the metadata lock. */
    void awaitGiveBack() throws BlockException {
        while (!runs.isEmpty()) {
            Run run = runs.removeLast();
            count -= run.count;
            image.refcounts.awaitDecrement(run.cluster, run.count);
            image.file.leave(run.cluster << clusterBits,
                    run.cluster + run.count << clusterBits, run.fresh);
        }
    }
}
