package io.backplane.virtio;

import static io.backplane.virtio.LittleEndian.U16;
import static io.backplane.virtio.LittleEndian.U32;

import io.backplane.aio.EventNotifier;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The device's side of one split virtqueue (virtio 1.2, 2.7), from start to stop.
 *
 * <p>Home context only, except {@link #hasWork} (same thread, also outside coroutines) and
 * {@link #call}. Requests are taken in order and given back in any order. Each completion is
 * published at once: entry, then index with release; a guest that looks sees it. Then a full fence,
 * and the guest's wish for an interrupt is read. While interrupts are held that last part is done
 * once for a few completions, which costs the guest less than a request's time and saves the
 * system calls of interrupts that a guest keeps asking for while it keeps up.
 *
 * <p>Anything the guest may not do marks the {@link Health} of the device, and from then on the
 * queue takes nothing and answers nothing. The same holds if guest memory vanishes.
 */
public final class VirtQueue {
    private static final VarHandle INDEX =
            ValueLayout.JAVA_CHAR.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final long FLAGS = 0;
    private static final long IDX = 2;
    private static final long RING = 4;
    private static final int NO_INTERRUPT = 1;
    private static final char NO_NOTIFY = 1;
    /** Most completions, and most bytes in them, that wait for one look at the guest's wish. */
    private static final int HELD_COUNT_MAX = 8;
    private static final long HELD_BYTES_MAX = 1 << 16;

    // Immutable
    private final RingLayout layout;
    private final int size;
    private final int mask;
    private final MemorySegment avail;
    private final MemorySegment used;
    private final DescriptorChain chain;
    private final boolean eventIdx;
    private final long usedEventOffset;
    private final long availEventOffset;
    private final InflightLog inflight;
    private final Health health;
    private final VirtQueueElement[] idle;
    private final int[] resubmit;

    // Any thread
    private volatile EventNotifier call;

    // Home context only
    private int nextAvail;
    private int seenAvail;
    private int usedIndex;
    private int idleCount;
    private int inUse;
    private int resubmitAt;
    private int[] returned = {};
    private boolean signalled;
    private int signalledIndex;
    private boolean holding;
    private int heldCount;
    private long heldBytes;
    private Runnable idleListener;
    private long notifyCount;

    /**
     * Opens a queue.
     *
     * @param resubmit heads that a predecessor had taken and not answered, oldest first; they are
     *     taken again before the ring. {@code layout.nextAvail} already counts them
     * @param inflight where to note taken requests; null: nowhere
     * @throws ViolationException if its parts are misplaced or not in guest memory
     */
    public VirtQueue(RingLayout layout, GuestMemory memory, Health health, InflightLog inflight,
            int[] resubmit) throws ViolationException {
        layout.check();
        this.layout = layout;
        this.size = layout.size();
        this.mask = size - 1;
        this.health = health;
        this.inflight = inflight;
        this.resubmit = resubmit;
        this.avail = part(memory, layout, "available ring", layout.avail(), layout.availBytes());
        this.used = part(memory, layout, "used ring", layout.used(), layout.usedBytes());
        MemorySegment desc = part(memory, layout, "descriptors", layout.desc(),
                layout.descBytes());
        this.chain = new DescriptorChain(memory, desc, size,
                (layout.features() & VirtioFeatures.INDIRECT_DESC) != 0);
        this.eventIdx = (layout.features() & VirtioFeatures.EVENT_IDX) != 0;
        this.usedEventOffset = RING + 2L * size;
        this.availEventOffset = RING + 8L * size;
        this.idle = new VirtQueueElement[Math.min(size, 256)];
        this.nextAvail = layout.nextAvail();
        this.seenAvail = nextAvail;
        try {
            this.usedIndex = used.get(U16, IDX);
            this.signalledIndex = usedIndex;
        } catch (InternalError vanished) {
            throw new ViolationException("memory of the used ring has vanished");
        }
    }

    private static MemorySegment part(GuestMemory memory, RingLayout layout, String name,
            long address, long bytes) throws ViolationException {
        MemorySegment segment = memory.slice(address, bytes);
        if (segment == null) {
            throw new ViolationException("queue " + layout.index() + ": " + name + " at 0x"
                    + Long.toHexString(address) + " is outside guest memory");
        }
        return segment;
    }

    /** Which queue of the device this is. */
    public int index() {
        return layout.index();
    }

    /** Number of descriptors. */
    public int size() {
        return size;
    }

    /** Where interrupts go; null: nowhere. The caller keeps it open until it is replaced. */
    public void call(EventNotifier notifier) {
        call = notifier;
    }

    /** Called in the home context each time the last request in use has ended; null: nobody. */
    public void idleListener(Runnable listener) {
        idleListener = listener;
    }

    /** Index of the first available entry not yet taken: where a successor would start. */
    public int nextAvail() {
        return nextAvail;
    }

    /** Number of requests taken and not ended. */
    public int inUse() {
        return inUse;
    }

    /** How many interrupts were sent. */
    public long notifyCount() {
        return notifyCount;
    }

    /** Whether the device is broken. */
    public boolean isBroken() {
        return health.isBroken();
    }

    /** Marks the device broken; the queue's name is put before {@code reason}. */
    public void fail(String reason) {
        health.fail("queue " + layout.index() + ": " + reason);
    }

    /** Whether there is something to take. Reads memory only. */
    public boolean hasWork() {
        if (health.isBroken()) {
            return false;
        }
        try {
            return resubmitAt < resubmit.length || (char) INDEX.getAcquire(avail, IDX) != nextAvail;
        } catch (InternalError vanished) {
            fail("guest memory has vanished");
            return false;
        }
    }

    /** Takes the next request; null if there is none or the device is broken. */
    public VirtQueueElement pop() {
        if (health.isBroken()) {
            return null;
        }
        VirtQueueElement element = null;
        try {
            boolean again = resubmitAt < resubmit.length;
            int head;
            if (again) {
                head = resubmit[resubmitAt];
            } else if (nextAvail == seenAvail && !refresh()) {
                return null;
            } else {
                head = avail.get(U16, RING + 2L * (nextAvail & mask));
            }
            if (head >= size) {
                throw new ViolationException("available entry " + head + " of " + size);
            }
            if (inUse + returned.length >= size) {
                throw new ViolationException("more than " + size + " requests at a time");
            }
            element = takeIdle();
            chain.walk(head, element.readable(), element.writable());
            if (again) {
                resubmitAt++;
            } else {
                nextAvail = nextAvail + 1 & 0xffff;
            }
            if (inflight != null) {
                inflight.taken(head);
            }
            inUse++;
            element.open(head);
            return element;
        } catch (ViolationException e) {
            fail(e.getMessage());
        } catch (InternalError vanished) {
            fail("guest memory has vanished");
        }
        if (element != null) {
            giveIdle(element);
        }
        return null;
    }

    private boolean refresh() throws ViolationException {
        int now = (char) INDEX.getAcquire(avail, IDX);
        if ((now - nextAvail & 0xffff) > size) {
            throw new ViolationException("available index " + now + " is more than " + size
                    + " ahead of " + nextAvail);
        }
        seenAvail = now;
        return now != nextAvail;
    }

    private VirtQueueElement takeIdle() {
        if (idleCount > 0) {
            return idle[--idleCount];
        }
        return new VirtQueueElement(this);
    }

    private void giveIdle(VirtQueueElement element) {
        element.clear();
        if (idleCount < idle.length) {
            idle[idleCount++] = element;
        }
    }

    /** Asks the guest not to kick; it may do so all the same. */
    public void disableNotifications() {
        if (!eventIdx && !health.isBroken()) {
            try {
                used.set(U16, FLAGS, NO_NOTIFY);
            } catch (InternalError vanished) {
                fail("guest memory has vanished");
            }
        }
        // With EVENT_IDX an avail_event that is left behind asks for silence by itself.
    }

    /**
     * Asks the guest to kick, and looks again.
     *
     * @return whether there is something to take already
     */
    public boolean enableNotifications() {
        if (health.isBroken()) {
            return false;
        }
        try {
            if (eventIdx) {
                used.set(U16, availEventOffset, (char) nextAvail);
            } else {
                used.set(U16, FLAGS, (char) 0);
            }
            VarHandle.fullFence(); // our wish before our look: the guest does the reverse
            return hasWork();
        } catch (InternalError vanished) {
            fail("guest memory has vanished");
            return false;
        }
    }

    void push(VirtQueueElement element, long usedBytes) {
        int head = element.head();
        if (!health.isBroken()) {
            try {
                publish(head, usedBytes);
            } catch (InternalError vanished) {
                fail("guest memory has vanished");
            }
        }
        end(element);
    }

    private void publish(int head, long usedBytes) {
        long slot = RING + 8L * (usedIndex & mask);
        used.set(U32, slot, head);
        used.set(U32, slot + 4, (int) usedBytes);
        if (inflight != null) {
            inflight.answering(head);
        }
        int old = usedIndex;
        usedIndex = old + 1 & 0xffff;
        INDEX.setRelease(used, IDX, (char) usedIndex);
        if (inflight != null) {
            inflight.answered(head, usedIndex);
        }
        heldCount++;
        heldBytes += usedBytes;
        if (!holding || heldCount >= HELD_COUNT_MAX || heldBytes >= HELD_BYTES_MAX) {
            interruptIfWanted();
        }
    }

    private void interruptIfWanted() {
        heldCount = 0;
        heldBytes = 0;
        VarHandle.fullFence(); // our index before the guest's wish: the guest does the reverse
        int old = signalledIndex;
        signalledIndex = usedIndex;
        boolean wanted = eventIdx
                ? (usedIndex - avail.get(U16, usedEventOffset) - 1 & 0xffff)
                        < (usedIndex - old & 0xffff)
                : (avail.get(U16, FLAGS) & NO_INTERRUPT) == 0;
        if (wanted || !signalled) {
            signalled = true; // the first one always: what a predecessor signalled is not known
            interrupt();
        }
    }

    /**
     * Looks at the guest's wish for what was completed and not yet looked at.
     *
     * @param hold whether from now on a few completions share a look; the caller then calls this
     *     again before it waits for anything
     */
    public void holdInterrupts(boolean hold) {
        holding = hold;
        if (heldCount > 0 && !health.isBroken()) {
            try {
                interruptIfWanted();
            } catch (InternalError vanished) {
                fail("guest memory has vanished");
            }
        }
    }

    /** Sends an interrupt, wanted or not. */
    public void interrupt() {
        EventNotifier notifier = call;
        if (notifier != null) {
            notifyCount++;
            notifier.set();
        }
    }

    /** A request goes back to where it was before it was taken: a successor takes it again. */
    void takeBack(VirtQueueElement element) {
        returned = Arrays.copyOf(returned, returned.length + 1);
        returned[returned.length - 1] = element.head();
        end(element);
    }

    /** Heads that a successor must take again before the ring; {@link #nextAvail} counts them. */
    public int[] notTaken() {
        int[] heads = Arrays.copyOf(returned, returned.length + resubmit.length - resubmitAt);
        System.arraycopy(resubmit, resubmitAt, heads, returned.length,
                resubmit.length - resubmitAt);
        return heads;
    }

    void drop(VirtQueueElement element) {
        fail("request " + element.head() + " has no answer");
        end(element);
    }

    private void end(VirtQueueElement element) {
        element.shut();
        giveIdle(element);
        if (--inUse == 0 && idleListener != null) {
            idleListener.run();
        }
    }
}
