package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Things alive that pass from a frozen node to its successor, by name. Their types come from API
 * packages, since the two nodes have classes of different bundles. Whoever holds it owns what is in
 * it; a thaw that succeeds owns what it took. One thread at a time.
 */
public final class HandOver implements AutoCloseable {
    private final Map<String, AutoCloseable> things = new LinkedHashMap<>();
    private final Set<String> taken = new HashSet<>();

    /** Empty. */
    @AnyThread
    public HandOver() {
        // nothing yet
    }

    /** Puts a thing in, which is not the caller's any more. */
    @AnyThread
    public void put(String name, AutoCloseable thing) {
        if (things.putIfAbsent(name, thing) != null) {
            throw new IllegalArgumentException("'" + name + "' is handed over twice");
        }
    }

    /** The thing called {@code name}, or null if there is none of that type. */
    @AnyThread
    public <T extends AutoCloseable> T take(String name, Class<T> type) {
        T thing = look(name, type);
        if (thing != null) {
            taken.add(name);
        }
        return thing;
    }

    /** As {@link #take}, but it stays here, and is closed when the thaw has succeeded. */
    @AnyThread
    public <T extends AutoCloseable> T look(String name, Class<T> type) {
        AutoCloseable thing = things.get(name);
        return type.isInstance(thing) ? type.cast(thing) : null;
    }

    /** The thaw failed: what was taken is to be had again. For the graph. */
    @AnyThread
    public void takeBack() {
        taken.clear();
    }

    /** Closes what nobody took. For the graph. */
    @Override
    @AnyThread
    public void close() {
        things.keySet().removeAll(taken);
        for (AutoCloseable thing : things.values()) {
            try {
                thing.close();
            } catch (Exception e) {
                throw new IllegalStateException("closing what was handed over", e);
            }
        }
        things.clear();
        taken.clear();
    }
}
