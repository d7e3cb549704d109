package io.backplane.loop;

import io.backplane.aio.ShortLock;
import java.util.Arrays;

/**
 * The armed timers of one loop: a binary heap by deadline, then by the order of arming, so that the
 * order of callbacks depends on nothing else. Any thread arms; the loop takes.
 */
final class TimerHeap {
    /** No timer is armed. */
    static final long NONE = Long.MAX_VALUE;

    private final ShortLock lock = new ShortLock();
    private LoopTimer[] heap = new LoopTimer[16];
    private int count;
    private long armings;
    private volatile long firstNs = NONE;

    /** Deadline of the first timer, or {@link #NONE}. */
    long firstNs() {
        return firstNs;
    }

    /** Number of armings so far: timers armed later are for the next turn. */
    long armings() {
        lock.lock();
        try {
            return armings;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the timer became the first. */
    boolean arm(LoopTimer timer, long deadlineNs) {
        lock.lock();
        try {
            if (timer.closed) {
                return false;
            }
            remove(timer);
            timer.deadlineNs = Math.min(deadlineNs, NONE - 1);
            timer.order = armings++;
            if (count == heap.length) {
                heap = Arrays.copyOf(heap, count * 2);
            }
            heap[count] = timer;
            timer.index = count++;
            up(timer.index);
            publish();
            return heap[0] == timer;
        } finally {
            lock.unlock();
        }
    }

    void disarm(LoopTimer timer, boolean forGood) {
        lock.lock();
        try {
            timer.closed |= forGood;
            remove(timer);
            publish();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the first timer that is due at {@code nowNs} and was armed before {@code before}. */
    LoopTimer takeDue(long nowNs, long before) {
        lock.lock();
        try {
            if (count == 0 || heap[0].deadlineNs > nowNs || heap[0].order >= before) {
                return null;
            }
            LoopTimer first = heap[0];
            remove(first);
            publish();
            return first;
        } finally {
            lock.unlock();
        }
    }

    private void publish() {
        firstNs = count == 0 ? NONE : heap[0].deadlineNs;
    }

    private void remove(LoopTimer timer) {
        int hole = timer.index;
        if (hole < 0) {
            return;
        }
        timer.index = -1;
        LoopTimer last = heap[--count];
        heap[count] = null;
        if (last != timer) {
            heap[hole] = last;
            last.index = hole;
            up(hole);
            down(last.index);
        }
    }

    private static boolean isBefore(LoopTimer a, LoopTimer b) {
        return a.deadlineNs != b.deadlineNs ? a.deadlineNs < b.deadlineNs : a.order < b.order;
    }

    private void swap(int a, int b) {
        LoopTimer timer = heap[a];
        heap[a] = heap[b];
        heap[b] = timer;
        heap[a].index = a;
        heap[b].index = b;
    }

    private void up(int from) {
        int i = from;
        while (i > 0 && isBefore(heap[i], heap[(i - 1) / 2])) {
            swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }

    private void down(int from) {
        int i = from;
        for (;;) {
            int least = i;
            for (int child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++) {
                if (isBefore(heap[child], heap[least])) {
                    least = child;
                }
            }
            if (least == i) {
                return;
            }
            swap(i, least);
            i = least;
        }
    }
}
