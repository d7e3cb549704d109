package io.backplane.driver.blklogwrites;

import io.backplane.aio.Awaited;
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
    final class Range implements AutoCloseable, Awaited {
        private final long offset;
        private final long end;
        private final Coroutine owner = Coroutine.current();
        private boolean waiting;
        private boolean released;
        private List<Range> earlier = List.of();

        private Range(long offset, long bytes) {
            this.offset = offset;
            this.end = offset + bytes;
        }

        private boolean overlaps(Range other) {
            return offset < other.end && other.offset < end;
        }

        /** Gives the range back. Any thread, once. */
        @Override
        public void close() {
            unlock(this);
        }

        @Override
        public String describe() {
            return "the range of a logged write from " + offset + " to " + end;
        }

        @Override
        public List<Coroutine> blockers() {
            return earlier.stream().filter(range -> !range.released).map(range -> range.owner)
                    .toList();
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
            range.earlier = ranges.stream().filter(
                    each -> each != range && each.overlaps(range)).toList();
        } finally {
            guard.unlock();
        }
        Coroutine.suspend(range);
        range.earlier = List.of();
        return range;
    }

    private boolean isBlocked(Range range, int earlierCount) {
        for (int i = 0; i < earlierCount; i++) {
            Range earlier = ranges.get(i);
            if (earlier.overlaps(range)) {
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
            range.released = true;
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
