package io.backplane.loop;

import io.backplane.aio.BottomHalf;
import io.backplane.aio.Current;
import io.backplane.aio.FdHandler;
import io.backplane.aio.Poller;
import io.backplane.aio.PollerFactory;
import io.backplane.aio.PollingOptions;
import io.backplane.tool.explore.Patch;
import io.backplane.tool.explore.PatchedClasses;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/**
 * Turns of a shipped loop that waits for nothing: each runs one callback. There is a variant whose
 * loop records nothing of itself, for comparison.
 */
public final class LoopTurns implements Runnable {
    private static final String LOOP = "io.backplane.loop.EventLoop";
    private static final String PROGRESS = "io.backplane.loop.LoopProgress";

    private final EventLoop loop = new EventLoop("turns", false, PollingOptions.OFF, () -> false,
            System::nanoTime);
    private final BottomHalf half = loop.newBottomHalf("half", this::again);
    private final int count;
    private boolean ended;

    /** Makes the thread that calls it the owner; {@code count} turns a run. */
    public LoopTurns(int count) {
        this.count = count;
        loop.open(List.of(new NothingComes()));
    }

    /** Turns that nobody could look at. */
    public static Runnable unseen(int count) {
        Map<String, byte[]> blind = PatchedClasses.of(List.of(
                Patch.call(LOOP, "turn", "io.backplane.loop.LoopTurnEvent", "start",
                        LoopTurns.class, "noEvent"),
                Patch.call(LOOP, "turn", PROGRESS, "turned", LoopTurns.class, "notNoted"),
                Patch.put(LOOP, "turn", "phase", LoopTurns.class, "notSaid"),
                Patch.put(LOOP, "runTurn", "phase", LoopTurns.class, "notSaid"),
                Patch.put(LOOP, "runCallbacks", "runningNow", LoopTurns.class, "notNamed")));
        try {
            return (Runnable) new ClassLoader(LoopTurns.class.getClassLoader()) {
                @Override
                protected Class<?> loadClass(String name, boolean resolve)
                        throws ClassNotFoundException {
                    return name.startsWith("io.backplane.loop.") ? own(name)
                            : super.loadClass(name, resolve);
                }

                private Class<?> own(String name) throws ClassNotFoundException {
                    synchronized (getClassLoadingLock(name)) {
                        Class<?> loaded = findLoadedClass(name);
                        if (loaded != null) {
                            return loaded;
                        }
                        try (InputStream in = getResourceAsStream(
                                name.replace('.', '/') + ".class")) {
                            byte[] bytes = blind.getOrDefault(name, in.readAllBytes());
                            return defineClass(name, bytes, 0, bytes.length);
                        } catch (IOException e) {
                            throw new ClassNotFoundException(name, e);
                        }
                    }
                }
            }.loadClass(LoopTurns.class.getName()).getConstructor(int.class).newInstance(count);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private void again() {
        half.schedule();
    }

    @Override
    public void run() {
        Current.enterLoop(loop);
        half.schedule();
        for (int i = 0; i < count; i++) {
            loop.turn();
        }
        half.cancel();
        loop.turn();
    }

    /** Runs a coroutine to its end, by the turns that it takes. */
    public void run(Runnable body) {
        Current.enterLoop(loop);
        ended = false;
        loop.spawn(() -> {
            body.run();
            ended = true;
        });
        while (!ended) {
            loop.turn();
        }
    }

    // ---- planted

    /** Nobody records. */
    static LoopTurnEvent noEvent() {
        return null;
    }

    /** Says nothing. */
    static void notNoted(LoopProgress progress, long nowNs) {
        // not recorded
    }

    /** Says nothing. */
    static void notSaid(EventLoop loop, String phase) {
        // not recorded
    }

    /** Says nothing. */
    static void notNamed(EventLoop loop, Object running) {
        // not recorded
    }

    private static final class NothingComes implements Poller, PollerFactory {
        @Override
        public String mechanism() {
            return "none";
        }

        @Override
        public Poller open() {
            return this;
        }

        @Override
        public FdHandler watch(int fd, Runnable readable, Runnable writable) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int poll(long timeoutNs) {
            return 0;
        }

        @Override
        public boolean hasWork() {
            return false;
        }

        @Override
        public void wake() {
            // never sleeps
        }

        @Override
        public void close() {
            // nothing to free
        }
    }
}
