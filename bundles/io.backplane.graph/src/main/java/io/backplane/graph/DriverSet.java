package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.spi.BlockDriver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The drivers there are now; they come and go with their bundles. Several versions of one name may
 * be there at a time: new nodes get the newest. Any thread.
 */
final class DriverSet {
    /** A driver and where it comes from. */
    record Entry(BlockDriver driver, DriverVersion version) {
    }

    private record Snapshot(SortedMap<String, BlockDriver> newest,
            SortedMap<String, List<Entry>> all) {
    }

    // Any thread
    private volatile Snapshot now =
            new Snapshot(Collections.emptySortedMap(), Collections.emptySortedMap());

    synchronized void add(BlockDriver driver, DriverVersion version) {
        TreeMap<String, List<Entry>> all = new TreeMap<>(now.all);
        List<Entry> entries = new ArrayList<>(all.getOrDefault(driver.name(), List.of()));
        entries.addFirst(new Entry(driver, version)); // of equals the later one
        entries.sort(Comparator.comparing(Entry::version).reversed());
        all.put(driver.name(), List.copyOf(entries));
        publish(all);
    }

    synchronized void remove(BlockDriver driver) {
        TreeMap<String, List<Entry>> all = new TreeMap<>(now.all);
        List<Entry> entries = new ArrayList<>(all.getOrDefault(driver.name(), List.of()));
        entries.removeIf(e -> e.driver == driver);
        if (entries.isEmpty()) {
            all.remove(driver.name());
        } else {
            all.put(driver.name(), List.copyOf(entries));
        }
        publish(all);
    }

    private void publish(TreeMap<String, List<Entry>> all) {
        TreeMap<String, BlockDriver> newest = new TreeMap<>();
        all.forEach((name, entries) -> newest.put(name, entries.getFirst().driver));
        now = new Snapshot(Collections.unmodifiableSortedMap(newest), all);
    }

    /** The newest driver of each name. */
    SortedMap<String, BlockDriver> all() {
        return now.newest;
    }

    /** All versions, by name, the newest first. */
    List<DriverVersion> versions() {
        return now.all.values().stream().flatMap(List::stream).map(Entry::version).toList();
    }

    /** The newest driver called {@code name}, or null. */
    Entry newest(String name) {
        List<Entry> entries = now.all.get(name);
        return entries == null ? null : entries.getFirst();
    }

    /** The newest driver called {@code name} that is none of {@code others}, or null. */
    Entry newestBut(String name, Set<BlockDriver> others) {
        for (Entry entry : now.all.getOrDefault(name, List.of())) {
            if (!others.contains(entry.driver)) {
                return entry;
            }
        }
        return null;
    }

    /** The entry of {@code driver}, or null if it is gone. */
    Entry find(BlockDriver driver) {
        for (Entry entry : now.all.getOrDefault(driver.name(), List.of())) {
            if (entry.driver == driver) {
                return entry;
            }
        }
        return null;
    }

    /** The driver of exactly that version. */
    Entry require(DriverVersion version) throws BlockException {
        for (Entry entry : now.all.getOrDefault(version.driver(), List.of())) {
            if (entry.version.equals(version)) {
                return entry;
            }
        }
        throw new BlockException(BlockException.Kind.NOT_FOUND, "Driver '" + version.driver()
                + "' of bundle " + version.bundle() + " " + version.version() + " is not there");
    }

    /** The newest driver called {@code name}. */
    Entry require(String name) throws BlockException {
        Entry entry = name == null ? null : newest(name);
        if (entry == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Unknown driver '" + name + "'");
        }
        return entry;
    }
}
