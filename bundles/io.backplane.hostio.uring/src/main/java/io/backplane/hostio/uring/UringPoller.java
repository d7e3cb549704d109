package io.backplane.hostio.uring;

import io.backplane.aio.Coroutine;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.Iovecs;
import io.backplane.memory.IoVector;
import io.backplane.sys.SysEvent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Waits with a ring of its own and carries the file requests of its context.
 *
 * <p>Whatever is in flight has a slot: parallel arrays that hold the coroutine or watch, the result
 * and the iovecs, so that a request makes no garbage. user_data is (generation << 32 | slot); a slot
 * is free again when its last completion was seen, so a stale completion is a bug and asserted.
 * Entries are prepared in place; one {@code io_uring_enter} a turn submits and waits. Transfers do
 * not wait for the turn's end while the disk has little to do: as soon as half of all in flight is
 * still unknown to the kernel it is submitted, else disk and guest would work in turns.
 *
 * <p>Descriptors and the wake eventfd are multishot polls: edges, eventfds are never read. When the
 * kernel ends a multishot (overflow) it is armed again, which reports the level once more.
 */
final class UringPoller implements Poller {
    static final String MECHANISM = "io_uring";
    private static final int SQ_ENTRIES = 256;
    private static final int CQ_ENTRIES = 4096;
    private static final int COMPLETIONS_PER_POLL = 1024;
    private static final int INLINE_IOVECS = 16;
    private static final long INLINE_BYTES = (long) INLINE_IOVECS * Iovecs.ELEMENT_BYTES;
    private static final int EALREADY = 114;

    /** A poll being removed; the kernel may refuse while it reports that poll. */
    private record Removal(long target) {
    }

    // Immutable
    private final Ring ring;
    private final EventFd wake;
    private final Arena arena = Arena.ofShared();

    // Owner
    private Object[] slotOwner = new Object[64];
    private int[] slotResult = new int[64];
    private int[] slotGeneration = new int[64];
    private MemorySegment[] slotIovecs = new MemorySegment[64];
    private int[] freeSlots = new int[64];
    private int freeCount;
    private int filesInFlight;
    private boolean closed;

    private UringPoller(Ring ring, EventFd wake) {
        this.ring = ring;
        this.wake = wake;
        initSlots(0);
        new Watch(wake.fd(), null, null).armRead();
    }

    static UringPoller open() throws HostIoException {
        Ring ring = Ring.open(SQ_ENTRIES, CQ_ENTRIES);
        try {
            return new UringPoller(ring, EventFd.create());
        } catch (HostIoException e) {
            ring.close();
            throw e;
        }
    }

    private void initSlots(int first) {
        int capacity = slotOwner.length;
        MemorySegment iovecs = arena.allocate(INLINE_BYTES * (capacity - first), 64);
        for (int i = capacity - 1; i >= first; i--) {
            slotIovecs[i] = iovecs.asSlice((i - first) * INLINE_BYTES, INLINE_BYTES);
            freeSlots[freeCount++] = i;
        }
    }

    private int takeSlot(Object owner) {
        if (freeCount == 0) {
            int old = slotOwner.length;
            slotOwner = Arrays.copyOf(slotOwner, old * 2);
            slotResult = Arrays.copyOf(slotResult, old * 2);
            slotGeneration = Arrays.copyOf(slotGeneration, old * 2);
            slotIovecs = Arrays.copyOf(slotIovecs, old * 2);
            freeSlots = Arrays.copyOf(freeSlots, old * 2);
            initSlots(old);
        }
        int slot = freeSlots[--freeCount];
        slotOwner[slot] = owner;
        return slot;
    }

    private void freeSlot(int slot) {
        slotOwner[slot] = null;
        slotGeneration[slot]++;
        freeSlots[freeCount++] = slot;
    }

    private long userData(int slot) {
        return (long) (slotGeneration[slot] & Integer.MAX_VALUE) << 32 | slot;
    }

    @Override
    public String mechanism() {
        return MECHANISM;
    }

    // ---- file requests, on a coroutine of this context

    /** READ or WRITE of a window; the result, or the negative errno. Suspends. */
    long awaitTransfer(boolean write, int fd, IoVector iov, long from, long bytes, long offset,
            int rwFlags) {
        Coroutine self = Coroutine.current();
        makeRoom();
        int slot = takeSlot(self);
        MemorySegment iovecs = slotIovecs[slot];
        int count;
        try {
            int most = Math.min(iov.count(), Iovecs.COUNT_MAX);
            if (most > iovecs.byteSize() / Iovecs.ELEMENT_BYTES) {
                iovecs = arena.allocate((long) Iovecs.COUNT_MAX * Iovecs.ELEMENT_BYTES, 64);
                slotIovecs[slot] = iovecs; // stays with the slot
            }
            count = Iovecs.fill(iov, from, bytes, iovecs, most);
        } catch (RuntimeException e) {
            freeSlot(slot);
            throw e;
        }
        if (count == 1) {
            long length = Math.min(iovecs.get(java.lang.foreign.ValueLayout.JAVA_LONG, 8), 1 << 30);
            ring.add(write ? Ring.OP_WRITE : Ring.OP_READ, fd, offset,
                    iovecs.get(java.lang.foreign.ValueLayout.JAVA_LONG, 0), (int) length, rwFlags,
                    userData(slot));
        } else {
            ring.add(write ? Ring.OP_WRITEV : Ring.OP_READV, fd, offset, iovecs.address(), count,
                    rwFlags, userData(slot));
        }
        if (ring.unsubmitted() >= Math.max(2, filesInFlight / 2)) {
            ring.submit(); // the device works on these while the rest is prepared
        }
        return awaitResult(slot);
    }

    /** FSYNC of the data; 0 or the negative errno. Suspends. */
    long awaitDataSync(int fd) {
        Coroutine self = Coroutine.current();
        makeRoom();
        int slot = takeSlot(self);
        ring.add(Ring.OP_FSYNC, fd, 0, 0, 0, Ring.FSYNC_DATASYNC, userData(slot));
        return awaitResult(slot);
    }

    /** FALLOCATE; 0 or the negative errno. Suspends. */
    long awaitAllocate(int fd, int mode, long offset, long bytes) {
        Coroutine self = Coroutine.current();
        makeRoom();
        int slot = takeSlot(self);
        ring.add(Ring.OP_FALLOCATE, fd, offset, bytes, mode, 0, userData(slot));
        return awaitResult(slot);
    }

    private long awaitResult(int slot) {
        filesInFlight++;
        Coroutine.suspend();
        long result = slotResult[slot];
        freeSlot(slot);
        return result;
    }

    /** Makes room for an entry; a kernel that takes none is given a turn to get rid of results. */
    private void makeRoom() {
        while (!ring.hasRoom()) {
            ring.enter(0);
            if (!ring.hasRoom()) {
                Coroutine.awaitYield();
            }
        }
    }

    // ---- the loop's side

    @Override
    public int poll(long timeoutNs) {
        int ready = ring.completions();
        if (ready == 0) {
            if (timeoutNs != 0 || ring.unsubmitted() > 0 || ring.needsEnter()) {
                enter(ring.needsEnter() ? 0 : timeoutNs);
            }
        } else if (ring.unsubmitted() > 0) {
            enter(0);
        }
        int limit = Math.min(ring.completions(), COMPLETIONS_PER_POLL);
        int ran = 0;
        for (int i = 0; i < limit; i++) {
            long userData = ring.userData(0);
            int result = ring.result(0);
            int flags = ring.flags(0);
            ring.consume(1); // before the callback, which may add entries and enter
            ran += complete(userData, result, flags);
        }
        return ran;
    }

    private void enter(long timeoutNs) {
        int result = ring.enter(timeoutNs);
        if (result < 0 && result != -Errno.EINTR && result != -62 && result != -Errno.EBUSY
                && result != -Errno.EAGAIN) { // 62: ETIME
            throw new IllegalStateException("io_uring_enter: " + Errno.text(-result));
        }
    }

    private int complete(long userData, int result, int flags) {
        int slot = (int) userData;
        assert userData == userData(slot) : "completion of a slot that was freed";
        Object owner = slotOwner[slot];
        if (owner instanceof Coroutine coroutine) {
            slotResult[slot] = result;
            slotOwner[slot] = null;
            filesInFlight--;
            coroutine.wake();
            return 1;
        }
        if (owner instanceof Removal removal) {
            freeSlot(slot);
            if (result == -EALREADY) {
                remove(removal); // else it would keep reporting, and its file open
            }
            return 0;
        }
        return ((Watch) owner).complete(slot, result, flags);
    }

    private void remove(Removal removal) {
        addOwn(Ring.OP_POLL_REMOVE, -1, removal.target(), 0, 0, userData(takeSlot(removal)));
    }

    @Override
    public boolean hasWork() {
        return ring.hasWork();
    }

    @Override
    public void wake() {
        wake.set();
    }

    @Override
    public FdHandler watch(int fd, Runnable readable, Runnable writable) {
        Watch watch = new Watch(fd, readable, writable);
        if (readable != null) {
            watch.armRead();
        }
        if (writable != null) {
            watch.armWrite();
        }
        submitNow();
        return watch;
    }

    /**
     * Hands over watches at once, so that the descriptor may be closed right after, and another
     * file with its number is never mistaken for it.
     */
    private void submitNow() {
        while (ring.unsubmitted() > 0) {
            int result = ring.enter(0);
            if (result < 0 && result != -Errno.EINTR) {
                return; // the kernel is full of results: the next poll tries again
            }
        }
    }

    private void addOwn(int opcode, int fd, long address, int length, int events, long userData) {
        while (!ring.hasRoom()) {
            ring.enter(0);
        }
        ring.add(opcode, fd, 0, address, length, events, userData);
    }

    /** Waits for the file requests in flight, whose coroutines it wakes, and frees the ring. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        while (filesInFlight > 0) {
            poll(FOREVER_NS);
        }
        closed = true;
        ring.close();
        wake.close();
        arena.close();
    }

    /** One watched descriptor: a multishot poll for each direction; callbacks null: the wake fd. */
    private final class Watch implements FdHandler {
        private static final int NO_SLOT = -1;

        private final int fd;
        private final Runnable readable;
        private final Runnable writable;
        private int readSlot = NO_SLOT;
        private int writeSlot = NO_SLOT;
        private boolean gone;

        Watch(int fd, Runnable readable, Runnable writable) {
            this.fd = fd;
            this.readable = readable;
            this.writable = writable;
        }

        void armRead() {
            readSlot = takeSlot(this);
            addOwn(Ring.OP_POLL_ADD, fd, 0, Ring.POLL_MULTI, SysEvent.IN | SysEvent.RDHUP,
                    userData(readSlot));
        }

        void armWrite() {
            writeSlot = takeSlot(this);
            addOwn(Ring.OP_POLL_ADD, fd, 0, Ring.POLL_MULTI, SysEvent.OUT, userData(writeSlot));
        }

        private void disarm(int slot) {
            remove(new Removal(userData(slot)));
        }

        int complete(int slot, int result, int flags) {
            boolean isRead = slot == readSlot;
            boolean isWrite = slot == writeSlot;
            boolean last = (flags & Ring.CQE_F_MORE) == 0;
            if (last) {
                freeSlot(slot);
                if (isRead) {
                    readSlot = NO_SLOT;
                } else if (isWrite) {
                    writeSlot = NO_SLOT;
                }
            }
            if (gone || !isRead && !isWrite || result == -Errno.ECANCELED) {
                return 0; // what was switched off
            }
            if (last && result >= 0) {
                if (isRead) {
                    armRead();
                } else {
                    armWrite();
                }
            }
            Runnable callback = isRead ? readable : writable;
            if (callback == null) {
                return 0;
            }
            callback.run();
            return 1;
        }

        @Override
        public void watchWritable(boolean on) {
            if (gone || on == (writeSlot != NO_SLOT)) {
                return;
            }
            if (on) {
                armWrite();
            } else {
                disarm(writeSlot);
                writeSlot = NO_SLOT; // the slot is freed by its last completion
            }
        }

        @Override
        public void close() {
            if (gone || closed) {
                return;
            }
            gone = true;
            if (readSlot != NO_SLOT) {
                disarm(readSlot);
            }
            if (writeSlot != NO_SLOT) {
                disarm(writeSlot);
            }
            submitNow();
        }
    }
}
