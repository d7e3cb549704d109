package io.backplane.loop;

import io.backplane.aio.BottomHalf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A bottom half. {@code QUEUED} says it is linked into the loop's lists, and only who sets it links
 * it and wakes the loop; {@code SCHEDULED} says it shall run. Both are cleared by one exchange
 * before the run, so a schedule is either seen by this run or queues the next one.
 */
final class LoopBottomHalf extends Notice implements BottomHalf {
    private static final int SCHEDULED = 1;
    private static final int QUEUED = 2;
    private static final int CLOSED = 4;
    private static final VarHandle FLAGS;

    static {
        try {
            FLAGS = MethodHandles.lookup().findVarHandle(LoopBottomHalf.class, "flags", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Immutable
    private final EventLoop loop;
    private final String name;

    // Any thread
    private volatile int flags;

    LoopBottomHalf(EventLoop loop, String name, Runnable body) {
        super(body, CALLBACK);
        this.loop = loop;
        this.name = name;
    }

    @Override
    public void schedule() {
        int old = (int) FLAGS.getAndBitwiseOr(this, SCHEDULED | QUEUED);
        if ((old & QUEUED) == 0) {
            loop.post(this);
        }
    }

    @Override
    public void cancel() {
        FLAGS.getAndBitwiseAnd(this, ~SCHEDULED);
    }

    @Override
    public void close() {
        FLAGS.getAndBitwiseOr(this, CLOSED);
    }

    @Override
    void run() {
        int old = (int) FLAGS.getAndBitwiseAnd(this, ~(SCHEDULED | QUEUED));
        if ((old & (SCHEDULED | CLOSED)) == SCHEDULED) {
            body.run();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
