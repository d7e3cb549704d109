package io.backplane.jcstress;

import io.backplane.aio.EventNotifier;
import io.backplane.virtio.GuestMemory;
import io.backplane.virtio.Health;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.ViolationException;
import io.backplane.virtio.VirtQueue;
import io.backplane.virtio.VirtQueueElement;
import io.backplane.virtio.VirtioFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * A shipped {@link VirtQueue} and the driver's side of its ring, as Linux writes it, one request at
 * a time. The two sides belong to two actors, which take turns except where they race.
 */
final class StressedRing implements EventNotifier {
    private static final int SIZE = 8;
    private static final long AVAIL = 0x400;
    private static final long USED = 0x800;
    private static final long DATA = 0x1000;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    private static final VarHandle INDEX = U16.varHandle();

    private final MemorySegment memory = Arena.ofAuto().allocate(0x2000, 4096);
    private final boolean eventIdx;

    // The device's actor
    final VirtQueue queue;
    private VirtQueueElement element;
    private boolean signalled;

    // The driver's actor
    private short offered;

    StressedRing(boolean eventIdx) {
        this.eventIdx = eventIdx;
        memory.set(ValueLayout.JAVA_LONG, 0, DATA);
        memory.set(ValueLayout.JAVA_INT, 8, 512);
        try {
            queue = new VirtQueue(new RingLayout(0, SIZE, 0, AVAIL, USED,
                    eventIdx ? VirtioFeatures.EVENT_IDX : 0, 0),
                    GuestMemory.of(List.of(new GuestMemory.Region(0, memory))),
                    new Health(reason -> {
                        throw new AssertionError(reason);
                    }), null, new int[0]);
        } catch (ViolationException e) {
            throw new AssertionError(e);
        }
        queue.call(this);
        offer();
        take();
        answer(); // the first interrupt is always sent
    }

    // ---- driver

    /** Makes a request available; whether the device wants to be kicked for it. */
    boolean offer() {
        short old = offered++;
        INDEX.setRelease(memory, AVAIL + 2, offered);
        VarHandle.fullFence();
        return eventIdx ? memory.get(U16, USED + 4 + 8L * SIZE) == old
                : (memory.get(U16, USED) & 1) == 0;
    }

    /** Asks for an interrupt after the next answer, and looks whether it is there already. */
    boolean listen() {
        if (eventIdx) {
            memory.set(U16, AVAIL + 4 + 2L * SIZE, (short) (offered - 1));
        } else {
            memory.set(U16, AVAIL, (short) 0);
        }
        VarHandle.fullFence();
        return (short) INDEX.getAcquire(memory, USED + 2) == offered;
    }

    /** Asks for no interrupts; with event index the one that was asked for is past. */
    void ignore() {
        if (!eventIdx) {
            memory.set(U16, AVAIL, (short) 1);
        }
    }

    // ---- device

    void take() {
        element = queue.pop();
    }

    /** Answers; whether an interrupt was sent. */
    boolean answer() {
        signalled = false;
        element.complete(0);
        return signalled;
    }

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public void set() {
        signalled = true;
    }

    @Override
    public boolean testAndClear() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        // nothing to free
    }
}
