package io.backplane.sim;

import io.backplane.aio.AioContext;
import io.backplane.aio.Coroutine;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/**
 * A world in which contexts, threads, timers, notifiers and disks run on the one thread that calls
 * {@link #run}, in virtual time.
 *
 * <p>Everything that crosses from one context to another is an event that waits until a
 * {@link Choices} picks it, and so is every completion and every step of the clock. A context is a
 * thread of this world: it does one thing at a time, but may lose its processor at every
 * {@link Preemption#point}, wherever it is, and then nothing else happens in it until it gets it
 * back. Memory is sequentially consistent.
 *
 * <p>The run ends well when the body and all tasks have ended, what had begun has come to rest, and
 * the checks of {@link #atEnd} hold. It fails when anything throws, when nothing can go on although
 * a task has not ended (a deadlock; the failure tells where each coroutine waits), and when more
 * steps are taken than allowed (a livelock).
 */
public final class SimWorld {
    /** Code of a scenario. */
    @FunctionalInterface
    public interface Body {
        /** Runs it; what it throws fails the run. */
        void run() throws Exception;
    }

    private static final int STEPS_MAX = 20_000;
    private static final int LAST_STEPS_MAX = 10_000;

    private final Choices choices;
    private final List<SimContext> contexts = new ArrayList<>();
    private final List<SimThread> threads = new ArrayList<>();
    private final List<SimEvent> completions = new ArrayList<>();
    private final List<SimEvent> candidates = new ArrayList<>();
    private final List<SimTask> tasks = new ArrayList<>();
    private final List<Body> endChecks = new ArrayList<>();
    private final Set<Coroutine> coroutines = new LinkedHashSet<>();
    private final Map<Coroutine, String> names = new IdentityHashMap<>();
    private final SimClock clock = new SimClock(this);
    private final SimEventLoops loops;
    private final SimDisk disk = new SimDisk(this);
    private final SimTrace trace;
    private final BooleanSupplier others = this::othersCanRun;

    private int actorCount;
    private int stepLimit = STEPS_MAX;
    private int steps;
    private int points;
    private boolean stepping;
    private boolean ending;
    private SimEvent running;
    private int held;
    private boolean yielding;
    private Thread thread = Thread.currentThread();
    private Thread lastThread;
    private boolean preempted;
    private Throwable failure;

    /** A world of one context, main, whose events are ordered by {@code choices}. */
    public SimWorld(Choices choices) {
        this(choices, null);
    }

    /** @param lines where to write what happens, a line a step; null: nowhere */
    public SimWorld(Choices choices, List<String> lines) {
        this.choices = choices;
        this.trace = lines == null ? null : new SimTrace(lines);
        loops = new SimEventLoops(this);
    }

    int newActor() {
        return actorCount++;
    }

    /** The context of global state. */
    public SimContext main() {
        return loops.main();
    }

    /** A further context. */
    public SimContext ioThread(String id) {
        return loops.create(id).context();
    }

    /** All loops, for code that makes I/O threads itself. */
    public SimEventLoops loops() {
        return loops;
    }

    /** The host's storage. */
    public SimDisk disk() {
        return disk;
    }

    /** Virtual nanoseconds since the start. */
    public long nowNs() {
        return clock.nowNs();
    }

    SimClock clock() {
        return clock;
    }

    void add(SimContext context) {
        contexts.add(context);
    }

    /** More steps than this are a livelock. */
    public void limitSteps(int count) {
        stepLimit = count;
    }

    /** Steps so far: events and preemptions. */
    public int steps() {
        return steps;
    }

    /** Points passed so far where a thread could have been preempted. */
    public int points() {
        return points;
    }

    // ---- what a scenario is made of

    /** Starts a task in a coroutine of {@code context}. */
    public SimTask go(AioContext context, String name, Body body) {
        SimTask task = newTask(name);
        context.spawn(() -> {
            names.put(Coroutine.current(), name);
            coroutines.add(Coroutine.current());
            try {
                task.run(body);
            } finally {
                names.remove(Coroutine.current());
            }
        });
        return task;
    }

    /** Starts a task on a thread that runs no context: a guest, a worker of a pool. */
    public SimTask thread(String name, Body body) {
        SimTask task = newTask(name);
        spawnThread(name, () -> task.run(body));
        return task;
    }

    /** Starts a thread that need not have ended when the run does. */
    public void spawnThread(String name, Runnable body) {
        SimThread thread = new SimThread(this, name, body);
        threads.add(thread);
        thread.start();
    }

    private SimTask newTask(String name) {
        SimTask task = new SimTask(this, name);
        tasks.add(task);
        return task;
    }

    /** Run by the world when all tasks have ended; what it throws fails the run. */
    public void atEnd(Body check) {
        endChecks.add(check);
    }

    /** One of {@code count} outcomes, chosen by the schedule. */
    public int pick(int count) {
        return count <= 1 ? 0 : choices.pick(count);
    }

    /** Whether something happens that happens {@code percent} times in a hundred. */
    public boolean chance(int percent) {
        return percent > 0 && choices.chance(percent);
    }

    /** Adds a line to the trace. */
    public void note(String line) {
        if (trace != null) {
            trace.note(steps, place(), line);
        }
    }

    /** Fails the run; the first failure counts. */
    public void fail(Throwable cause) {
        if (failure == null && !ending) {
            failure = cause;
            note("fails: " + cause);
        }
    }

    /** Something that completes on its own some time from now, such as an I/O. */
    void complete(String what, Runnable completion) {
        completions.add(new SimEvent(newActor(), "host") {
            @Override
            public String what() {
                return what;
            }

            @Override
            void run() {
                completions.remove(this);
                completion.run();
            }
        });
    }

    // ---- the run

    /** Runs {@code body} in a coroutine of main, and everything that it starts, to the end. */
    public void run(Body body) {
        Preemption.enter(this);
        thread = Thread.currentThread();
        try {
            go(main(), "body", body);
            loop(() -> stepLimit, () -> !allEnded());
            loop(() -> stepLimit, () -> true); // what was begun comes to rest
            check();
            ending = true;
            contexts.forEach(SimContext::close);
            int last = steps + LAST_STEPS_MAX;
            loop(() -> last, () -> true);
            contexts.forEach(SimContext::endLoop);
        } finally {
            Preemption.enter(null);
        }
    }

    private void check() {
        for (Body check : endChecks) {
            try {
                check.run();
            } catch (Throwable e) {
                fail(e);
            }
        }
        throwFailure();
    }

    private void throwFailure() {
        if (failure != null) {
            throw failure instanceof SimFailure known ? known
                    : new SimFailure(String.valueOf(failure), failure);
        }
    }

    private boolean allEnded() {
        for (SimTask task : tasks) {
            if (!task.isDone()) {
                return false;
            }
        }
        return true;
    }

    private void loop(IntSupplier limit, BooleanSupplier goOn) {
        while (failure == null && goOn.getAsBoolean()) {
            collect();
            if (candidates.isEmpty()) {
                if (!allEnded()) {
                    fail(new SimFailure("deadlock: nothing can go on\n" + waiters(), null));
                }
                break;
            }
            int index = candidates.size() == 1 ? 0 : choices.next(candidates);
            step(candidates.get(index));
            if (steps > limit.getAsInt()) {
                fail(new SimFailure("livelock: not at rest after " + steps + " steps\n"
                        + waiters(), null));
            }
        }
        if (!ending) {
            throwFailure();
        }
    }

    private void collect() {
        candidates.clear();
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).collect(candidates);
        }
        for (int i = 0; i < threads.size(); i++) {
            threads.get(i).collect(candidates);
        }
        candidates.addAll(completions);
        clock.collect(candidates, allEnded());
        if (running != null) {
            moveRunning();
        }
    }

    /** Who ran last comes first, but last if it has just been preempted. */
    private void moveRunning() {
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).actor() == running.actor()) {
                SimEvent event = candidates.remove(i);
                candidates.add(preempted ? candidates.size() : 0, event);
                return;
            }
        }
    }

    private void step(SimEvent event) {
        steps++;
        running = event;
        preempted = false;
        if (trace != null) {
            trace.begin(steps, event);
        }
        stepping = true;
        try {
            event.run();
            awaitMonitor(event);
        } catch (Throwable e) {
            fail(e);
        }
        stepping = false;
        if (trace != null) {
            trace.end();
        }
    }

    /**
     * A monitor of the JDK was held by a thread that is not of the world, such as its cleaner:
     * waits in real time until the thread can go on, and lets it, as if nothing had been.
     */
    private void awaitMonitor(SimEvent event) {
        while (lastThread != null && lastThread.getState() == Thread.State.BLOCKED) {
            while (lastThread.getState() == Thread.State.BLOCKED || !event.canGoOn()) {
                Thread.onSpinWait();
            }
            event.goOn();
        }
        lastThread = null;
    }

    void forget(SimThread thread) {
        threads.remove(thread);
    }

    // ---- preemption

    /** No preemption until as many have been taken back. */
    void hold(int more) {
        held += more;
    }

    void point() {
        if (!stepping || ending || held > 0) {
            return;
        }
        points++;
        lastThread = Thread.currentThread();
        Coroutine coroutine = Coroutine.currentOrNull();
        if (coroutine != null) {
            coroutines.add(coroutine);
        }
        if (trace != null) {
            trace.at(name(coroutine));
        }
        if (points > stepLimit * 20) {
            throw new SimFailure("livelock: runs for ever in " + place(), null);
        }
        if (failure == null && choices.preempt(others)) {
            preemptNow();
        }
    }

    void spin() {
        if (!stepping || ending) {
            return;
        }
        points++;
        if (points > stepLimit * 20) {
            throw new SimFailure("livelock: spins for ever in " + place(), null);
        }
        if (failure == null && othersCanRun()) {
            choices.giveWay();
            preemptNow();
        }
    }

    private void preemptNow() {
        steps++;
        if (trace != null) {
            trace.preempted();
        }
        yielding = true;
        preempted = true;
        Thread.yield();
        yielding = false; // a pinned thread cannot give way
    }

    /**
     * Whether the continuation handed over now belongs to a thread that was preempted, or stopped
     * by a monitor: then a thread of the JDK hands it over.
     */
    boolean takeYielding() {
        Thread here = Thread.currentThread();
        if (here != thread && !here.isVirtual()) {
            return true;
        }
        boolean was = yielding;
        yielding = false;
        return was;
    }

    private boolean othersCanRun() {
        List<SimEvent> now = new ArrayList<>();
        for (SimContext context : contexts) {
            if (context.actor() != running.actor()) {
                context.collect(now);
            }
        }
        for (SimThread thread : threads) {
            if (thread.actor() != running.actor()) {
                thread.collect(now);
            }
        }
        return !now.isEmpty() || !completions.isEmpty();
    }

    // ---- diagnosis

    private String place() {
        return running == null ? "outside" : running.where();
    }

    private String name(Coroutine coroutine) {
        String task = coroutine == null ? null : names.get(coroutine);
        String thread = Thread.currentThread().getName();
        return task == null ? thread : task + " (" + thread + ")";
    }

    /** Each suspended coroutine and thread with its stack. */
    String waiters() {
        StringBuilder text = new StringBuilder();
        for (SimTask task : tasks) {
            if (!task.isDone()) {
                text.append("not ended: ").append(task.name()).append('\n');
            }
        }
        for (Coroutine coroutine : coroutines) {
            StackTraceElement[] stack = coroutine.stack();
            if ((coroutine.isSuspended() || names.containsKey(coroutine)) && stack.length > 0) {
                String task = names.get(coroutine);
                SimTrace.stack(text, coroutine.context().name()
                        + (task == null ? "" : ", " + task), stack);
            }
        }
        for (SimThread thread : threads) {
            SimTrace.stack(text, "thread " + thread.name(), thread.stack());
        }
        for (SimContext context : contexts) {
            context.describeBlocked(text);
        }
        return text.toString();
    }
}
