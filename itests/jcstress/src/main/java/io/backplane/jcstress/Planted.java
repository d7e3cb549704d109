package io.backplane.jcstress;

import io.backplane.tool.explore.Patch;
import java.util.List;

/**
 * Planted bugs: shipped classes with a call or an access to a field exchanged. Several are missing
 * fences, which only real processors show.
 *
 * @param name what it is called
 * @param test simple name of the test that must find it
 * @param patches how the shipped classes are changed
 */
public record Planted(String name, String test, List<Patch> patches) {
    private static final String LOOP = "io.backplane.loop.EventLoop";
    private static final String HALF = "io.backplane.loop.LoopBottomHalf";
    private static final String WAIT = "io.backplane.aio.AioWait";
    private static final String MUTEX = "io.backplane.aio.CoMutex";
    private static final String QUEUE = "io.backplane.aio.CoQueue";
    private static final String GRAPH_LOCK = "io.backplane.graph.GraphLock";
    private static final String PARKED = "io.backplane.graph.ParkedRequests";
    private static final String RING = "io.backplane.virtio.VirtQueue";
    private static final String FENCES = "java.lang.invoke.VarHandle";
    private static final String ATOMIC = "java.util.concurrent.atomic.AtomicInteger";

    /** All of them; those of one round change different classes, for different tests. */
    static final List<List<Planted>> ROUNDS = List.of(
            List.of(
                    new Planted("no-second-look", "LoopWakeStress", List.of(
                            Patch.put(LOOP, "waitForEvents", "notifyMe", Plants.class,
                                    "setNotifyMe"),
                            Patch.get(LOOP, "waitForEvents", "inbox", Plants.class,
                                    "seesNothing"))),
                    new Planted("look-then-arm", "AwaitKickStress", List.of(
                            new Patch(Patch.Kind.PUT, WAIT, "arm", WAIT + "$Waiter", "armed",
                                    Plants.class.getName(), "later"),
                            Patch.call(WAIT, "arm", "java.util.function.BooleanSupplier",
                                    "getAsBoolean", Plants.class, "lookThenArm"))),
                    new Planted("contended-by-store", "CoMutexStress", List.of(
                            Patch.call(MUTEX, "enqueue", ATOMIC, "compareAndSet", Plants.class,
                                    "lookThenStore"))),
                    new Planted("writer-without-fence", "GraphLockStress", List.of(
                            Patch.put(GRAPH_LOCK, "awaitWrite", "hasWriter", Plants.class,
                                    "setHasWriter"),
                            Patch.call(GRAPH_LOCK, "awaitWrite", FENCES, "fullFence",
                                    Plants.class, "nothing"))),
                    new Planted("look-without-fence", "EventIndexKickStress", List.of(
                            Patch.call(RING, "enableNotifications", FENCES, "fullFence",
                                    Plants.class, "nothing")))),
            List.of(
                    new Planted("flag-cleared-late", "BottomHalfStress", List.of(
                            Patch.call(HALF, "run", FENCES, "getAndBitwiseAnd", Plants.class,
                                    "keepFlags"),
                            Patch.call(HALF, "run", "java.lang.Runnable", "run", Plants.class,
                                    "runThenClear"))),
                    new Planted("release-then-wait", "CoQueueStress", List.of(
                            Patch.call(QUEUE, "awaitWake", "java.util.ArrayDeque", "addLast",
                                    Plants.class, "joinLater"),
                            Patch.call(QUEUE, "awaitWake", MUTEX, "unlock", Plants.class,
                                    "unlockThenJoin"))),
                    new Planted("counted-out-before-lock", "DrainStress", List.of(
                            Patch.call(PARKED, "awaitResume", "io.backplane.aio.ShortLock", "lock",
                                    Plants.class, "countOutThenLock"),
                            Patch.call(PARKED, "awaitResume", "io.backplane.aio.InFlight",
                                    "decrement", Plants.class, "countedOut"))),
                    new Planted("answer-without-fence", "EventIndexInterruptStress", List.of(
                            Patch.call(RING, "interruptIfWanted", FENCES, "fullFence",
                                    Plants.class, "nothing")))));
}
