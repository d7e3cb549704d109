package io.backplane.sys;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;

/**
 * Virtual threads that run on an executor of the caller's choice.
 *
 * <p>The JDK has no public API for this; the factory behind it is reached by reflection, which
 * needs {@code --add-opens java.base/java.lang} for this module. Any thread may call; nothing
 * suspends.
 */
public final class CoroutineThreads {
    private static final MethodHandle NEW_VIRTUAL_THREAD = find();

    private CoroutineThreads() {
    }

    private static MethodHandle find() {
        try {
            Class<?> builders = Class.forName("java.lang.ThreadBuilders");
            return MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
                    .findStatic(builders, "newVirtualThread", MethodType.methodType(
                            Thread.class, Executor.class, String.class, int.class, Runnable.class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(new IllegalStateException(
                    "no virtual threads with a scheduler of our own: start the JVM with"
                            + " --add-opens java.base/java.lang=io.backplane.sys", e));
        }
    }

    /**
     * Makes an unstarted virtual thread.
     *
     * @param scheduler gets one task each time the thread becomes runnable; running the task
     *     mounts the thread on the caller until it parks or ends. A thread's tasks never overlap.
     * @param name the thread's name in dumps
     * @param task what the thread runs
     */
    public static Thread newThread(Executor scheduler, String name, Runnable task) {
        try {
            return (Thread) NEW_VIRTUAL_THREAD.invokeExact(scheduler, name, 0, task);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
