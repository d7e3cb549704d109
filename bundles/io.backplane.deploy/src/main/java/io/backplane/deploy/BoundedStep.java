package io.backplane.deploy;

import io.backplane.deploy.Refusal.Kind;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Runs code of foreign bundles with a time limit: each step on a thread of its own, since there is
 * no other way back from a bundle that does not return.
 *
 * <p>A step that takes too long is interrupted. If it still does not return it is abandoned, its
 * thread lives on, and {@code late} is told when it ends at last.
 */
final class BoundedStep {
    /** Name of the threads that wait for steps. */
    static final String THREAD = "backplane-deploy";
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(1);

    /** What may take too long. */
    @FunctionalInterface
    interface Step {
        void run() throws Refusal;
    }

    private final Duration limit;

    BoundedStep(Duration limit) {
        this.limit = limit;
    }

    /**
     * Runs a step.
     *
     * @param what such as {@code its start}
     * @param late called on the step's thread when it ends after having been abandoned
     * @throws Refusal of the step; of kind HUNG after the time limit
     */
    void run(String what, Step step, Runnable late) throws Refusal {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicReference<Boolean> abandoned = new AtomicReference<>();
        Thread thread = Thread.ofPlatform().daemon().name("backplane-deploy-step").start(() -> {
            try {
                step.run();
            } catch (Throwable e) {
                failure.set(e);
            }
            if (!abandoned.compareAndSet(null, false) && abandoned.get()) {
                late.run();
            }
        });
        join(thread, limit);
        if (thread.isAlive() && abandoned.get() == null) {
            String place = place(thread.getStackTrace());
            thread.interrupt();
            join(thread, AFTER_INTERRUPT);
            boolean stuck = abandoned.compareAndSet(null, true);
            throw new Refusal(Kind.HUNG, what + " did not return within " + limit.toMillis()
                    + " ms" + place + (stuck ? " and ignores interruption" : ""), stuck);
        }
        rethrow(failure.get());
    }

    private static void join(Thread thread, Duration limit) {
        try {
            thread.join(limit);
        } catch (InterruptedException e) {
            // Who asks for the end of this thread ends the step too.
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private static void rethrow(Throwable failure) throws Refusal {
        switch (failure) {
            case null -> {
            }
            case Refusal refusal -> throw refusal;
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            default -> throw new IllegalStateException(failure);
        }
    }

    /** The innermost frame that belongs to neither the JDK nor the framework. */
    private static String place(StackTraceElement[] stack) {
        for (StackTraceElement frame : stack) {
            String name = frame.getClassName();
            if (!name.startsWith("java.") && !name.startsWith("jdk.") && !name.startsWith("sun.")
                    && !name.startsWith("org.apache.felix.") && !name.startsWith("org.osgi.")) {
                return ", in " + name + "." + frame.getMethodName() + " ("
                        + frame.getFileName() + ":" + frame.getLineNumber() + ")";
            }
        }
        return "";
    }
}
