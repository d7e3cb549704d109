package io.backplane.tool.guest.frontend;

import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.Fds;
import io.backplane.sys.SysEvent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The driver's half of one split virtqueue (virtio 1.2, 2.7).
 *
 * <p>A request is laid out by {@link #begin}, {@link #readable}, {@link #writable} and
 * {@link #end}, becomes visible with {@link #publish} together with all that were ended before, and
 * comes back by its token from {@link #complete}. With indirect descriptors a request takes one
 * entry of the ring, its chain lies in a table that belongs to the entry; without them the chain
 * is linked in the ring. One thread at a time; {@link #kick()} and {@link #interrupt()} from any.
 *
 * <pre>
 * descriptor: 0 addr u64 | 8 len u32 | 12 flags u16 | 14 next u16
 * available:  0 flags u16 | 2 idx u16 | 4 ring u16[size] | used_event u16
 * used:       0 flags u16 | 2 idx u16 | 4 {id u32, len u32}[size] | avail_event u16
 * </pre>
 */
public final class GuestQueue implements AutoCloseable {
    /** Descriptor flag: another one follows. */
    public static final int NEXT = 1;
    /** Descriptor flag: the device writes. */
    public static final int WRITE = 2;
    /** Descriptor flag: the buffer is a table of descriptors. */
    public static final int INDIRECT = 4;
    /** Bytes of one descriptor. */
    public static final int DESCRIPTOR_BYTES = 16;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG;
    private static final VarHandle SHARED16 = U16.varHandle();
    private static final int EVENTS = 4;

    // Immutable
    private final int index;
    private final int size;
    private final int mask;
    private final boolean eventIdx;
    private final boolean indirect;
    private final int tableEntries;
    private final GuestMemory guest;
    private final MemorySegment memory;
    private final long descriptors;
    private final long available;
    private final long used;
    private final long tables;
    private final EventFd kick;
    private final EventFd call;
    private final int epoll;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment events = arena.allocate(SysEvent.eventBytes(EVENTS), 8);

    // The one user
    private final int[] nextFree;
    private final int[] chainLength;
    private final int[] tokens;
    private int freeHead;
    private int freeCount;
    private int availableIndex;
    private int publishedIndex;
    private int usedIndex;
    private int usedBytes;
    private int head = -1;
    private int tail;
    private int count;
    private int inFlight;
    private long kickCount;
    private long waitCount;

    /**
     * Allocates rings and tables.
     *
     * @param size power of two
     * @param tableEntries longest chain of a request, headers included
     */
    public GuestQueue(GuestMemory guest, int index, int size, boolean eventIdx, boolean indirect,
            int tableEntries) throws HostIoException {
        if (Integer.bitCount(size) != 1 || size > 32768) {
            throw new IllegalArgumentException("queue size " + size
                    + " is no power of two up to 32768");
        }
        this.index = index;
        this.size = size;
        this.mask = size - 1;
        this.eventIdx = eventIdx;
        this.indirect = indirect;
        this.tableEntries = tableEntries;
        this.guest = guest;
        this.memory = guest.segment();
        this.descriptors = guest.allocate((long) size * DESCRIPTOR_BYTES, 4096);
        this.available = guest.allocate(6 + 2L * size, 64);
        this.used = guest.allocate(6 + 8L * size, 4096);
        this.tables = indirect
                ? guest.allocate((long) size * tableEntries * DESCRIPTOR_BYTES, 64) : 0;
        this.nextFree = new int[size];
        this.chainLength = new int[size];
        this.tokens = new int[size];
        this.kick = EventFd.create();
        this.call = EventFd.create();
        this.epoll = SysEvent.epollCreate();
        SysEvent.epollControl(epoll, SysEvent.EPOLL_CTL_ADD, call.fd(),
                SysEvent.IN | SysEvent.EDGE, 0);
        reset();
    }

    /** Forgets all requests and makes the rings empty; the device must not be looking. */
    public void reset() {
        for (int i = 0; i < size; i++) {
            nextFree[i] = i + 1;
        }
        freeHead = 0;
        freeCount = size;
        availableIndex = 0;
        publishedIndex = 0;
        usedIndex = 0;
        inFlight = 0;
        head = -1;
        memory.asSlice(available, 6 + 2L * size).fill((byte) 0);
        memory.asSlice(used, 6 + 8L * size).fill((byte) 0);
    }

    /** Number of this queue, from 0. */
    public int index() {
        return index;
    }

    /** Entries of the ring. */
    public int size() {
        return size;
    }

    /** Offset of the descriptor table in guest memory. */
    public long descriptorsOffset() {
        return descriptors;
    }

    /** Offset of the available ring in guest memory. */
    public long availableOffset() {
        return available;
    }

    /** Offset of the used ring in guest memory. */
    public long usedOffset() {
        return used;
    }

    /** Whether a chain of {@code entries} descriptors fits now. */
    public boolean hasRoom(int entries) {
        return indirect ? freeCount > 0 && entries <= tableEntries : freeCount >= entries;
    }

    /** Requests made available and not yet taken back. */
    public int inFlight() {
        return inFlight;
    }

    /** Starts a request; {@code token} comes back at its completion. */
    public void begin(int token) {
        head = take();
        tokens[head] = token;
        tail = head;
        count = 0;
    }

    private int take() {
        if (freeCount == 0) {
            throw new IllegalStateException("queue " + index + " is full");
        }
        int entry = freeHead;
        freeHead = nextFree[entry];
        freeCount--;
        return entry;
    }

    /** Adds a buffer the device reads. */
    public void readable(long guestAddress, int bytes) {
        append(guestAddress, bytes, 0);
    }

    /** Adds a buffer the device writes. */
    public void writable(long guestAddress, int bytes) {
        append(guestAddress, bytes, WRITE);
    }

    private void append(long guestAddress, int bytes, int flags) {
        if (indirect) {
            if (count == tableEntries) {
                throw new IllegalStateException("chain longer than " + tableEntries);
            }
            long table = tables + (long) head * tableEntries * DESCRIPTOR_BYTES;
            long at = table + (long) count * DESCRIPTOR_BYTES;
            if (count > 0) {
                link(at - DESCRIPTOR_BYTES, count);
            }
            descriptor(at, guestAddress, bytes, flags, 0);
        } else {
            int entry = count == 0 ? head : take();
            if (count > 0) {
                link(descriptors + (long) tail * DESCRIPTOR_BYTES, entry);
                nextFree[tail] = entry;
            }
            descriptor(descriptors + (long) entry * DESCRIPTOR_BYTES, guestAddress, bytes, flags,
                    0);
            tail = entry;
        }
        count++;
    }

    private void link(long at, int next) {
        memory.set(U16, at + 12, (short) (memory.get(U16, at + 12) | NEXT));
        memory.set(U16, at + 14, (short) next);
    }

    private void descriptor(long at, long guestAddress, int bytes, int flags, int next) {
        memory.set(U64, at, guestAddress);
        memory.set(U32, at + 8, bytes);
        memory.set(U16, at + 12, (short) flags);
        memory.set(U16, at + 14, (short) next);
    }

    /** Ends a request: it is in the available ring, the index not yet moved. */
    public void end() {
        if (indirect) {
            long table = tables + (long) head * tableEntries * DESCRIPTOR_BYTES;
            descriptor(descriptors + (long) head * DESCRIPTOR_BYTES, guest.guestAddress(table),
                    count * DESCRIPTOR_BYTES, INDIRECT, 0);
        }
        chainLength[head] = indirect ? 1 : count;
        nextFree[tail] = -1;
        memory.set(U16, available + 4 + 2L * (availableIndex & mask), (short) head);
        availableIndex = availableIndex + 1 & 0xffff;
        inFlight++;
        head = -1;
    }

    /** Shows the device what was ended, and kicks it if it wants that; whether it did. */
    public boolean publish() {
        int old = publishedIndex;
        if (old == availableIndex) {
            return false;
        }
        SHARED16.setRelease(memory, available + 2, (short) availableIndex);
        publishedIndex = availableIndex;
        VarHandle.fullFence();
        boolean wanted;
        if (eventIdx) {
            int event = (short) SHARED16.getOpaque(memory, used + 4 + 8L * size) & 0xffff;
            wanted = (availableIndex - event - 1 & 0xffff) < (availableIndex - old & 0xffff);
        } else {
            wanted = ((short) SHARED16.getOpaque(memory, used) & 1) == 0;
        }
        if (wanted) {
            kickCount++;
            kick.set();
        }
        return wanted;
    }

    /** Takes back one completed request; its token, or -1 if there is none. */
    public int complete() {
        int shown = (short) SHARED16.getAcquire(memory, used + 2) & 0xffff;
        if (shown == usedIndex) {
            return -1;
        }
        long at = used + 4 + 8L * (usedIndex & mask);
        int entry = memory.get(U32, at);
        usedBytes = memory.get(U32, at + 4);
        if (entry < 0 || entry >= size || chainLength[entry] == 0) {
            throw new IllegalStateException("queue " + index + ": the device completed entry "
                    + entry + ", which is not in flight");
        }
        usedIndex = usedIndex + 1 & 0xffff;
        inFlight--;
        release(entry);
        return tokens[entry];
    }

    private void release(int entry) {
        int last = entry;
        for (int i = 1; i < chainLength[entry]; i++) {
            last = nextFree[last];
        }
        nextFree[last] = freeHead;
        freeHead = entry;
        freeCount += chainLength[entry];
        chainLength[entry] = 0;
    }

    /** Bytes the device says it wrote, of the request that came back last. */
    public int usedBytes() {
        return usedBytes;
    }

    /**
     * Asks for an interrupt at the next completion.
     *
     * @return whether completions are there already, so that waiting is wrong
     */
    public boolean arm() {
        if (eventIdx) {
            SHARED16.setOpaque(memory, available + 4 + 2L * size, (short) usedIndex);
        } else {
            SHARED16.setOpaque(memory, available, (short) 0);
        }
        VarHandle.fullFence();
        return hasCompletions();
    }

    /** Whether {@link #complete} would return a request. */
    public boolean hasCompletions() {
        return ((short) SHARED16.getAcquire(memory, used + 2) & 0xffff) != usedIndex;
    }

    /** Asks for no interrupts. */
    public void disarm() {
        if (eventIdx) {
            // As far behind as can be: the device passes it once in 65536 completions.
            SHARED16.setOpaque(memory, available + 4 + 2L * size, (short) (usedIndex - 1));
        } else {
            SHARED16.setOpaque(memory, available, (short) 1);
        }
    }

    /** Blocks the thread until an interrupt or for {@code timeoutNs}; whether there was one. */
    public boolean awaitInterrupt(long timeoutNs) {
        waitCount++;
        return SysEvent.epollWait(epoll, events, EVENTS, timeoutNs) > 0;
    }

    /** Kicks the device whatever it wants. */
    public void kick() {
        kick.set();
    }

    /** Wakes who waits for an interrupt, as the device would. */
    public void interrupt() {
        call.set();
    }

    /** Kicks sent since the start. */
    public long kickCount() {
        return kickCount;
    }

    /** Waits for an interrupt since the start. */
    public long waitCount() {
        return waitCount;
    }

    /** Eventfd the device is kicked with. */
    public EventFd kickFd() {
        return kick;
    }

    /** Eventfd the device interrupts with. */
    public EventFd callFd() {
        return call;
    }

    /** Index the device has reached in the used ring. */
    public int deviceUsedIndex() {
        return (short) SHARED16.getAcquire(memory, used + 2) & 0xffff;
    }

    /** Index up to which requests are shown to the device. */
    public int publishedIndex() {
        return publishedIndex;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        Fds.close(epoll);
        arena.close();
    }
}
