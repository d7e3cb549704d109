package io.backplane.jcstress;

import io.backplane.aio.CoMutex;
import io.backplane.aio.Coroutine;
import io.backplane.aio.InFlight;
import io.backplane.aio.ShortLock;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** What {@link Planted} bugs call in place of the right thing. */
public final class Plants {
    // Each is looked up when the first bug of its class runs.

    private static final class Loop {
        static final VarHandle NOTIFY_ME =
                field("io.backplane.loop.EventLoop", "notifyMe", int.class);
    }

    private static final class Half {
        static final VarHandle FLAGS =
                field("io.backplane.loop.LoopBottomHalf", "flags", int.class);
    }

    private static final class Waiter {
        static final VarHandle ARMED =
                field("io.backplane.aio.AioWait$Waiter", "armed", boolean.class);
    }

    private static final class Queue {
        static final VarHandle WAITERS =
                field("io.backplane.aio.CoQueue", "waiters", ArrayDeque.class);
        static final MethodHandle UNLOCK = method(CoMutex.class, "unlock");
    }

    private static final class Lock {
        static final VarHandle HAS_WRITER =
                field("io.backplane.graph.GraphLock", "hasWriter", boolean.class);
    }

    private static final class Parked {
        static final VarHandle IN_FLIGHT =
                field("io.backplane.graph.ParkedRequests", "inFlight", InFlight.class);
    }

    private Plants() {
    }

    private static VarHandle field(String type, String name, Class<?> of) {
        try {
            Class<?> owner = Class.forName(type);
            return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
                    .findVarHandle(owner, name, of);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static MethodHandle method(Class<?> owner, String name) {
        try {
            return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
                    .findVirtual(owner, name, MethodType.methodType(void.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** In place of a fence. */
    public static void nothing() {
        // left out
    }

    /** Says it a little later than right. */
    public static void setNotifyMe(Object loop, int value) {
        Jitter.spin();
        Loop.NOTIFY_ME.setVolatile(loop, value);
    }

    /** Sees an empty inbox. */
    public static Object seesNothing(Object loop) {
        return null;
    }

    /** Stores without a fence. */
    public static void setHasWriter(Object lock, boolean value) {
        Lock.HAS_WRITER.setOpaque(lock, value);
    }

    /** Does not arm. */
    public static void later(Object waiter, boolean armed) {
        // after the look
    }

    /** Arms after the look. */
    public static boolean lookThenArm(BooleanSupplier condition, Object waiter) {
        boolean goOn = condition.getAsBoolean();
        Jitter.spin();
        Waiter.ARMED.setVolatile(waiter, true);
        return goOn;
    }

    /** Not one step but two. */
    public static boolean lookThenStore(AtomicInteger state, int from, int to) {
        if (state.get() != from) {
            return false;
        }
        Jitter.spin();
        state.set(to);
        return true;
    }

    /** Says what was set, and clears nothing. */
    public static int keepFlags(VarHandle flags, Object half, int mask) {
        return (int) Half.FLAGS.getVolatile(half);
    }

    /** Clears after the run. */
    public static void runThenClear(Runnable body, Object half) {
        body.run();
        Jitter.spin();
        Half.FLAGS.setVolatile(half, 0);
    }

    /** Joins the waiters later. */
    public static void joinLater(ArrayDeque<?> waiters, Object self) {
        // after the release
    }

    /** Releases, then joins the waiters. */
    @SuppressWarnings("unchecked")
    public static void unlockThenJoin(CoMutex mutex, Object queue) {
        try {
            Queue.UNLOCK.invokeExact(mutex);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        Jitter.spin();
        ((ArrayDeque<Coroutine>) Queue.WAITERS.get(queue)).addLast(Coroutine.current());
    }

    /** Counts out before the lock. */
    public static void countOutThenLock(ShortLock guard, Object parked) {
        ((InFlight) Parked.IN_FLIGHT.get(parked)).decrement();
        Jitter.spin();
        guard.lock();
    }

    /** Counted out before. */
    public static void countedOut(InFlight inFlight) {
        // see above
    }
}
