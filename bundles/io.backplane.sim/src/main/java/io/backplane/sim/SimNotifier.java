package io.backplane.sim;

import io.backplane.aio.EventNotifier;
import java.util.ArrayList;
import java.util.List;

/** A notifier without a descriptor. */
public final class SimNotifier implements EventNotifier {
    private final List<SimWatch> watches = new ArrayList<>();
    private long count;
    private long cleared;
    private boolean closed;

    @Override
    public int fd() {
        return -1;
    }

    @Override
    public void set() {
        count++;
        for (SimWatch watch : watches) {
            watch.signal();
        }
    }

    /** How often it was signalled. */
    public long count() {
        return count;
    }

    @Override
    public boolean testAndClear() {
        boolean was = count != cleared;
        cleared = count;
        return was;
    }

    void add(SimWatch watch) {
        if (closed) {
            throw new IllegalStateException("watch of a closed notifier");
        }
        watches.add(watch);
        if (count != cleared) {
            watch.signal();
        }
    }

    void remove(SimWatch watch) {
        watches.remove(watch);
    }

    /** How many watch it. */
    public int watchCount() {
        return watches.size();
    }

    @Override
    public void close() {
        if (!watches.isEmpty()) {
            throw new IllegalStateException("close of a notifier that is watched");
        }
        closed = true;
    }
}
