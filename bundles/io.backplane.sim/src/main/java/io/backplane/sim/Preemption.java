package io.backplane.sim;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Where a thread may lose its processor. Code under test does not call it: the explorer's class
 * loader weaves calls into shipped code before every access to a volatile field, atomic or lock.
 */
public final class Preemption {
    private static SimWorld world;

    private Preemption() {
    }

    static void enter(SimWorld running) {
        world = running;
    }

    /** The world that runs now, or null. */
    public static SimWorld world() {
        return world;
    }

    /** Lets something else run here, if a world runs and its choices say so. */
    public static void point() {
        SimWorld running = world;
        if (running != null && Thread.currentThread().isVirtual()) {
            running.point();
        }
    }

    /** Called where code spins: something else runs, if anything can. */
    public static void spin() {
        SimWorld running = world;
        if (running != null && Thread.currentThread().isVirtual()) {
            running.spin();
        }
    }

    /**
     * {@code map.computeIfAbsent} without preemption inside: the map holds a monitor meanwhile, and
     * the JDK wakes who waits for a monitor from a thread that is not of the world.
     */
    public static <K, V> Object computeIfAbsent(ConcurrentHashMap<K, V> map, K key,
            Function<? super K, ? extends V> make) {
        SimWorld running = world;
        if (running == null) {
            return map.computeIfAbsent(key, make);
        }
        running.hold(1);
        try {
            return map.computeIfAbsent(key, make);
        } finally {
            running.hold(-1);
        }
    }

    /**
     * Called after a monitor was entered (1) and before it is left (-1): no preemption in between,
     * because the JDK wakes who waits for a monitor from a thread that is not of the world.
     */
    public static void monitor(int more) {
        SimWorld running = world;
        if (running != null && Thread.currentThread().isVirtual()) {
            running.hold(more);
        }
    }
}
