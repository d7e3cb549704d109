package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U16;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import io.backplane.aio.Suspends;
import io.backplane.hostio.posix.EventFd;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import io.backplane.virtio.Health;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.RingLayout;
import io.backplane.virtio.ViolationException;
import io.backplane.virtio.VirtQueue;
import java.lang.foreign.MemorySegment;

/**
 * What the front-end has said about one ring, and the queue that runs by it. Global state: main
 * only; start and stop visit the queue's home context. It owns its eventfds.
 */
final class Vring {
    private static final int[] NONE = {};

    // Immutable
    private final int index;

    // Global state
    private QueueRunner runner;
    private int size;
    private VringAddressMessage addresses;
    private int base;
    private EventFd kick;
    private EventFd call;
    private EventFd error;
    private boolean kickKnown;
    private boolean enabled;
    private VirtQueue running;
    private int[] notTaken = NONE;

    Vring(int index) {
        this.index = index;
    }

    /** Who processes the queue from now on; null: nobody. The ring is stopped. */
    void runner(QueueRunner next) {
        assert running == null : "queue " + index + " runs";
        runner = next;
    }

    /** Nothing more is taken from it until it has another runner. */
    void halt() {
        if (runner != null) {
            runner.token().revoke();
        }
    }

    boolean isRunning() {
        return running != null;
    }

    /** Whether everything is known that a ring needs to start. */
    boolean canStart() {
        return kickKnown && size > 0 && addresses != null;
    }

    boolean isEnabled() {
        return enabled;
    }

    void enabled(boolean on) {
        enabled = on;
    }

    void size(int count) {
        size = count;
    }

    void addresses(VringAddressMessage where) {
        addresses = where;
    }

    void base(int next) {
        if (next != base) {
            notTaken = NONE; // another ring
        }
        base = next;
    }

    int base() {
        return base;
    }

    /** Takes over the kick notifier; null: nobody kicks. The ring is stopped. */
    void kick(EventFd notifier) {
        closeKick();
        kick = notifier;
        kickKnown = true;
    }

    /** Takes over the error notifier; null: none. */
    void error(EventFd notifier) {
        if (error != null) {
            error.close();
        }
        error = notifier;
        if (notifier != null) {
            notifier.neverBlock(); // main signals it, and nobody watches over main
        }
    }

    /** Takes over the call notifier, also while the ring runs; null: the guest polls. */
    @Suspends
    void awaitCall(EventFd notifier) {
        EventFd old = call;
        call = notifier;
        if (notifier != null) {
            notifier.neverBlock(); // as other back-ends do; see also releaseStuckSignal
        }
        if (running != null) {
            AioContext main = AioContext.current();
            Coroutine.awaitMoveTo(runner.home());
            running.call(notifier);
            running.interrupt(); // the old one may have been asked for in vain
            Coroutine.awaitMoveTo(main);
        }
        if (old != null) {
            old.close();
        }
    }

    /** Looks after a thread that hangs in signalling; whether one did. */
    boolean releaseStuckSignal() {
        return call != null && call.releaseStuck();
    }

    /** Says that the device is broken to whoever listens. */
    void signalError() {
        if (error != null) {
            error.set();
        }
    }

    /**
     * Starts the queue.
     *
     * @param inflight the buffer of requests in flight; null: none
     * @throws ViolationException if the ring cannot be as it was described; it stays stopped
     */
    @Suspends
    void awaitStart(FrontEndMemory memory, InflightBuffer inflight, long features, Health health)
            throws ViolationException {
        long used = memory.guestAddress(addresses.used());
        InflightRegion log = inflight == null ? null : inflight.region(index, size);
        int[] again = notTaken;
        int next = base;
        if (log != null) {
            boolean successor = log.isUsed();
            int usedIndex = usedIndex(memory, used);
            again = log.recover(usedIndex);
            if (successor) {
                next = usedIndex + again.length & 0xffff;
            }
        }
        RingLayout layout = new RingLayout(index, size, memory.guestAddress(addresses.desc()),
                memory.guestAddress(addresses.avail()), used, features, next);
        VirtQueue queue = new VirtQueue(layout, memory.guest(), health, log, again);
        queue.call(call);
        running = queue;
        AioContext main = AioContext.current();
        Coroutine.awaitMoveTo(runner.home());
        runner.start(queue, kick);
        Coroutine.awaitMoveTo(main);
    }

    private int usedIndex(FrontEndMemory memory, long used) throws ViolationException {
        MemorySegment ring = memory.guest().slice(used, 4);
        if (ring == null) {
            throw new ViolationException("queue " + index + ": used ring at 0x"
                    + Long.toHexString(used) + " is outside guest memory");
        }
        return ring.get(U16, 2);
    }

    /**
     * Stops the queue, when its requests in flight are answered; void if it is stopped.
     *
     * @return how many requests were in flight
     */
    @Suspends
    int awaitStop() {
        if (running == null) {
            return 0;
        }
        AioContext main = AioContext.current();
        Coroutine.awaitMoveTo(runner.home());
        int inFlight = running.inUse();
        VirtQueue stopped = runner.awaitStop();
        stopped.call(null);
        Coroutine.awaitMoveTo(main);
        base = stopped.nextAvail();
        notTaken = stopped.notTaken();
        running = null;
        return inFlight;
    }

    /** The stopped ring as its successor needs it. */
    StateRecord freeze() {
        return StateRecord.builder("vring", 1).number("index", index).number("size", size)
                .number("next-avail", base).flag("enabled", enabled).build();
    }

    /** Goes on where {@link #freeze} was; the notifiers and addresses have stayed. */
    void thaw(StateRecord state) throws StateException {
        state.requireType("vring", 1);
        state.number("index", index, index);
        size = (int) state.number("size", 0, 0xffff);
        base = (int) state.number("next-avail", 0, 0xffff);
        enabled = state.flag("enabled");
    }

    /** Forgets the kick notifier, so that the next one starts the stopped ring. */
    void closeKick() {
        if (kick != null) {
            kick.close();
        }
        kick = null;
        kickKnown = false;
    }

    /** Forgets everything; the ring is stopped. */
    void reset() {
        closeKick();
        error(null);
        if (call != null) {
            call.close();
            call = null;
        }
        size = 0;
        addresses = null;
        base = 0;
        notTaken = NONE;
        enabled = false;
    }
}
