package io.backplane.driver.qcow2;

import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import java.util.ArrayList;

/** The allocating writes on their way, and spare objects for the next ones. Metadata lock. */
final class AllocationList {
    private static final int KEPT = 128;

    private final CoMutex lock;
    private final int clusterBits;
    private final ArrayList<Allocation> active = new ArrayList<>();
    private final ArrayList<Allocation> spare = new ArrayList<>();

    AllocationList(CoMutex lock, int clusterBits) {
        this.lock = lock;
        this.clusterBits = clusterBits;
    }

    /** The one with the lowest guest offset that touches [from, to), cluster-aligned; or null. */
    Allocation firstIn(long from, long to) {
        Allocation first = null;
        for (int i = 0; i < active.size(); i++) {
            Allocation a = active.get(i);
            if (a.guest < to && a.guestEnd(clusterBits) > from
                    && (first == null || a.guest < first.guest)) {
                first = a;
            }
        }
        return first;
    }

    /** Adds an empty one; the caller fills it in before it gives the lock up. */
    Allocation add() {
        int last = spare.size() - 1;
        Allocation a = last >= 0 ? spare.remove(last) : new Allocation(lock);
        a.carrier = Coroutine.current();
        active.add(a);
        return a;
    }

    /** Removes it and wakes who waited for it. */
    void remove(Allocation a) {
        int last = active.size() - 1;
        int at = active.indexOf(a);
        active.set(at, active.get(last));
        active.remove(last);
        a.carrier = null;
        a.waiters.wakeAll();
        a.gather.clear();
        if (spare.size() < KEPT) {
            spare.add(a);
        }
    }

    boolean isEmpty() {
        return active.isEmpty();
    }
}
