package io.backplane.loop;

/** A FIFO ring of continuations ready to run; the loop's thread only. It grows, never shrinks. */
final class ReadyQueue {
    private Runnable[] ring = new Runnable[256];
    private int head;
    private int count;

    boolean isEmpty() {
        return count == 0;
    }

    int count() {
        return count;
    }

    void add(Runnable continuation) {
        if (count == ring.length) {
            grow();
        }
        ring[head + count & ring.length - 1] = continuation;
        count++;
    }

    private void grow() {
        Runnable[] larger = new Runnable[ring.length * 2];
        for (int i = 0; i < count; i++) {
            larger[i] = ring[head + i & ring.length - 1];
        }
        ring = larger;
        head = 0;
    }

    /** The oldest, or null. */
    Runnable poll() {
        if (count == 0) {
            return null;
        }
        Runnable first = ring[head];
        ring[head] = null;
        head = head + 1 & ring.length - 1;
        count--;
        return first;
    }
}
