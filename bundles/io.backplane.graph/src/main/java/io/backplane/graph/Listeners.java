package io.backplane.graph;

import io.backplane.block.graph.BlockNode;
import io.backplane.block.graph.DriverAbsence;
import io.backplane.block.graph.DriverFault;
import io.backplane.block.graph.DriverSwap;
import io.backplane.block.graph.GraphListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Who hears of what happens in the graph. */
final class Listeners {
    // Any thread
    private final List<GraphListener> listeners = new CopyOnWriteArrayList<>();

    AutoCloseable add(GraphListener listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    void imageCorrupted(BlockNode node, String message, long offset, long bytes, boolean fatal) {
        listeners.forEach(l -> l.imageCorrupted(node, message, offset, bytes, fatal));
    }

    void resized(BlockNode node) {
        listeners.forEach(l -> l.resized(node));
    }

    void driverMissing(DriverAbsence absence) {
        listeners.forEach(l -> l.driverMissing(absence));
    }

    void driverRestored(String driver, List<String> nodes) {
        listeners.forEach(l -> l.driverRestored(driver, nodes));
    }

    void driverFailed(DriverFault fault) {
        listeners.forEach(l -> l.driverFailed(fault));
    }

    void driverSwapped(DriverSwap swap) {
        listeners.forEach(l -> l.driverSwapped(swap));
    }

    void driversChanged() {
        listeners.forEach(GraphListener::driversChanged);
    }
}
