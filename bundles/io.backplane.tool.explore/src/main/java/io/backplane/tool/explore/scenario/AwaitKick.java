package io.backplane.tool.explore.scenario;

import io.backplane.aio.AioWait;
import io.backplane.aio.InFlight;
import io.backplane.rules.Rule;
import io.backplane.sim.Preemption;
import io.backplane.sim.SimWorld;
import io.backplane.tool.explore.Bug;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.Scenario;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Work that is counted from its scheduling to its end, in two contexts and on a foreign thread;
 * main waits for the count to be zero. No end is lost between main's look and its sleep.
 */
@Rule({"E10", "E11"})
public final class AwaitKick implements Scenario {
    private static final String WAIT = "io.backplane.aio.AioWait";
    private static final String COUNT = "io.backplane.aio.InFlight";

    @Override
    public String name() {
        return "R-AWAIT-KICK";
    }

    @Override
    public String about() {
        return "counted work ends in three places while main goes to sleep waiting for it";
    }

    @Override
    public List<Bug> bugs() {
        return List.of(
                Bug.of("look-then-arm", "the waiter looks at the condition, then arms itself",
                        new Patch(Patch.Kind.PUT, WAIT, "arm", WAIT + "$Waiter", "armed",
                                AwaitKick.class.getName(), "later"),
                        Patch.call(WAIT, "arm", "java.util.function.BooleanSupplier",
                                "getAsBoolean", AwaitKick.class, "lookThenArm")),
                Bug.of("kick-then-count", "the waiter is kicked, then the count falls",
                        Patch.call(COUNT, "decrement",
                                "java.util.concurrent.atomic.AtomicInteger", "decrementAndGet",
                                AwaitKick.class, "kickThenCount"),
                        Patch.call(COUNT, "decrement", WAIT, "kick", AwaitKick.class,
                                "nothing")),
                Bug.of("counted-when-run", "work counts itself when it begins, not when it is"
                        + " scheduled"));
    }

    /** Planted. */
    public static void later(Object waiter, boolean armed) {
        // after the look
    }

    /** Planted. */
    public static boolean lookThenArm(BooleanSupplier condition, Object waiter) {
        boolean goOn = condition.getAsBoolean();
        Preemption.point();
        Inside.set(waiter, "armed", true);
        return goOn;
    }

    /** Planted. */
    public static int kickThenCount(AtomicInteger count, Object inFlight) {
        if (count.get() == 1) {
            Inside.<AioWait>get(inFlight, "wait").kick();
            Preemption.point();
        }
        return count.decrementAndGet();
    }

    /** Planted. */
    public static void nothing(Object wait) {
        // kicked before
    }

    @Override
    public void run(SimWorld world, String bug) {
        InFlight work = new InFlight(new AioWait(null));
        int[] ran = new int[1];
        boolean late = bug != null && bug.equals("counted-when-run");
        Runnable body = () -> {
            if (late) {
                work.increment();
            }
            ran[0]++;
            work.decrement();
        };
        for (int i = 0; i < 3 && !late; i++) {
            work.increment();
        }
        world.ioThread("io1").schedule(body);
        world.ioThread("io2").newBottomHalf("half", body).schedule();
        world.thread("worker", body::run);
        work.awaitZero();
        if (ran[0] != 3) {
            throw new AssertionError("only " + ran[0] + " of 3 had run when the wait ended");
        }
    }
}
