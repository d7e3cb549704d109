package io.backplane.driver.blklogwrites;

import io.backplane.aio.Coroutine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Exclusive locks on byte ranges, for coroutines of any contexts, in order of arrival: a request
 * waits for every earlier one that overlaps it, held or waiting, so none starves.
 */
final class RangeLocks {

    /** A range that is held or waited for. */
    final class Range implements AutoCloseable {
        private final long offset;
        private final long end;
        private final Coroutine owner = Coroutine.current();
        private boolean waiting;

        private Range(long offset, long bytes) {
            this.offset = offset;
            this.end = offset + bytes;
        }

        /** Gives the range back. Any thread, once. */
        @Override
        public void close() {
            unlock(this);
        }
    }

    // Any thread, under guard; never held over a suspension
    private final ReentrantLock guard = new ReentrantLock();
    private final List<Range> ranges = new ArrayList<>();

    /** Suspends until no earlier range overlaps. */
    Range awaitLock(long offset, long bytes) {
        Range range = new Range(offset, bytes);
        guard.lock();
        try {
            range.waiting = isBlocked(range, ranges.size());
            ranges.add(range);
            if (!range.waiting) {
                return range;
            }
        } finally {
            guard.unlock();
        }
        Coroutine.suspend();
        return range;
    }

    private boolean isBlocked(Range range, int earlierCount) {
        for (int i = 0; i < earlierCount; i++) {
            Range earlier = ranges.get(i);
            if (earlier.offset < range.end && range.offset < earlier.end) {
                return true;
            }
        }
        return false;
    }

    private void unlock(Range range) {
        guard.lock();
        try {
            int at = ranges.indexOf(range);
            assert at >= 0 : "range unlocked twice";
            ranges.remove(at);
            for (int i = at; i < ranges.size(); i++) {
                Range later = ranges.get(i);
                if (later.waiting && !isBlocked(later, i)) {
                    later.waiting = false;
                    later.owner.wake();
                }
            }
        } finally {
            guard.unlock();
        }
    }
}
