package io.backplane.driver.qcow2;

import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import io.backplane.memory.IoVector;
import java.util.List;

/**
 * An allocating write on its way: guest clusters whose L2 entries will change when its data is
 * written. Others that need the same clusters wait for it. Under the metadata lock, except that
 * the owner works with its own fields.
 */
final class Allocation implements Awaited {
    // Immutable
    final CoQueue waiters;
    final IoVector gather = new IoVector(8);

    /** Who makes it; null if it is spare. */
    Coroutine carrier;
    /** Guest offset of the first cluster. */
    long guest;
    /** Number of clusters. */
    long clusters;
    /** Host offset of the first cluster in the data file. */
    long host;
    /** The clusters stay where they were; only what is allocated in them changes. */
    boolean reuse;
    /** Nothing ever wrote to the host clusters, so they read as zeroes. */
    boolean fresh;
    /** The data must be stable before the L2 entries change. */
    boolean barrier;
    /** Guest range that will be valid after the write, copy-on-write included. */
    long validFrom;
    long validTo;

    Allocation(CoMutex lock) {
        waiters = new CoQueue(lock);
    }

    @Override
    public String describe() {
        return "a qcow2 allocation of " + clusters + " clusters at " + guest;
    }

    @Override
    public List<Coroutine> blockers() {
        Coroutine now = carrier;
        return now == null ? List.of() : List.of(now);
    }

    long guestEnd(int clusterBits) {
        return guest + (clusters << clusterBits);
    }
}
