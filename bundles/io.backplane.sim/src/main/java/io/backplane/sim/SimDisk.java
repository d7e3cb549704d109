package io.backplane.sim;

import java.util.SortedMap;
import java.util.TreeMap;

/** The host's storage: files by path, their faults, and what a crash leaves of them. */
public final class SimDisk {
    private final SimWorld world;
    private final SortedMap<String, SimFileData> files = new TreeMap<>();
    private final SimFaults faults = new SimFaults();

    SimDisk(SimWorld world) {
        this.world = world;
    }

    SimWorld world() {
        return world;
    }

    /** How often requests go wrong. */
    public SimFaults faults() {
        return faults;
    }

    /** Makes a file of zeroes, or takes the one there is. */
    public SimFileData file(String path, long bytes) {
        SimFileData file = files.computeIfAbsent(path, p -> new SimFileData());
        file.truncate(Math.max(bytes, file.length()));
        return file;
    }

    /** The file at {@code path}, or null. */
    public SimFileData find(String path) {
        return files.get(path);
    }

    SimFileData create(String path) {
        return files.computeIfAbsent(path, p -> new SimFileData());
    }

    /**
     * The power fails: of what was written since the last flush each 512-byte sector is kept or
     * lost by itself, as the schedule says. Open files see what is left.
     */
    public void crash() {
        files.values().forEach(file -> file.crash(world));
    }
}
