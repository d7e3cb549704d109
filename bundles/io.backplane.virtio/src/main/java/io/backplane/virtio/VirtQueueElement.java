package io.backplane.virtio;

import io.backplane.memory.IoVector;

/**
 * One request taken from a queue: a descriptor chain as two I/O vectors of guest memory.
 *
 * <p>Pooled; it belongs to whoever popped it, who must end it exactly once, by {@link #complete}
 * or {@link #close}, in the queue's home context, and may not touch it or its vectors afterwards.
 * The vectors are read by the block layer until its verb returns.
 */
public final class VirtQueueElement implements AutoCloseable {
    // Immutable
    private final VirtQueue queue;
    private final IoVector readable = new IoVector();
    private final IoVector writable = new IoVector();

    // Home context only
    private int head;
    private boolean out;
    private long takenCount;

    VirtQueueElement(VirtQueue queue) {
        this.queue = queue;
    }

    void open(int newHead) {
        head = newHead;
        out = true;
        takenCount++;
    }

    /** How often it was taken from the ring, which tells two requests in it apart. */
    long takenCount() {
        return takenCount;
    }

    void shut() {
        out = false;
    }

    void clear() {
        readable.clear();
        writable.clear();
    }

    /** What the device reads, in order. */
    public IoVector readable() {
        return readable;
    }

    /** What the device writes, in order. */
    public IoVector writable() {
        return writable;
    }

    /** Index of its first descriptor. */
    public int head() {
        return head;
    }

    /** The queue it came from. */
    public VirtQueue queue() {
        return queue;
    }

    /** Whether it still has to be ended. */
    public boolean isOut() {
        return out;
    }

    /**
     * Gives the request back to the guest: it is in the used ring when this returns, and the guest
     * was notified if it asked for it. Nothing happens on a broken queue.
     *
     * @param usedBytes how many bytes were written, from the start of {@link #writable}
     */
    public void complete(long usedBytes) {
        if (!out) {
            throw new IllegalStateException("request " + head + " ended twice");
        }
        queue.push(this, usedBytes);
    }

    /**
     * Puts the request back to where it was before it was taken, without an answer: whoever starts
     * the queue next takes it first. Only for a queue that is being stopped.
     */
    public void putBack() {
        if (!out) {
            throw new IllegalStateException("request " + head + " ended twice");
        }
        queue.takeBack(this);
    }

    /** Ends a request without an answer, if it was not completed: the device is broken. */
    @Override
    public void close() {
        if (out) {
            queue.drop(this);
        }
    }
}
