package io.backplane.upgrade;

import io.backplane.aio.AioContext;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.graph.GraphListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What nodes went over to which version of their driver, and how long their requests were parked:
 * also when a bundle was just updated. The newest {@link #MAX_ENTRIES} upgrades. Main.
 */
final class UpgradeHistory implements GraphListener {
    static final int MAX_ENTRIES = 4096;

    /** One upgrade: nodes that went from one version to another. */
    static final class Entry {
        final DriverVersion from;
        final DriverVersion to;
        final long beganNs;
        final List<String> nodes = new ArrayList<>();
        private final List<Long> pausesNs = new ArrayList<>();

        private Entry(DriverVersion from, DriverVersion to, long beganNs) {
            this.from = from;
            this.to = to;
            this.beganNs = beganNs;
        }

        private boolean takes(DriverSwap swap) {
            return from.equals(swap.from()) && to.equals(swap.to())
                    && !nodes.contains(swap.node());
        }

        /** The pause that {@code percent} of the nodes did not exceed, in nanoseconds. */
        long pauseNs(int percent) {
            List<Long> sorted = new ArrayList<>(pausesNs);
            Collections.sort(sorted);
            return sorted.get((sorted.size() * percent + 99) / 100 - 1);
        }
    }

    // Immutable
    private final AioContext main;

    // Global state
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();

    UpgradeHistory(AioContext main) {
        this.main = main;
    }

    @Override
    public void driverSwapped(DriverSwap swap) {
        Entry last = entries.peekLast();
        if (last == null || !last.takes(swap)) {
            last = new Entry(swap.from(), swap.to(), main.nowNs());
            entries.addLast(last);
            if (entries.size() > MAX_ENTRIES) {
                entries.removeFirst();
            }
        }
        last.nodes.add(swap.node());
        last.pausesNs.add(swap.pauseNs());
    }

    /** Oldest first. */
    List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** How long ago, in nanoseconds. */
    long ageNs(Entry entry) {
        return main.nowNs() - entry.beganNs;
    }
}
