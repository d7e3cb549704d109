package io.backplane.sim;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The host's storage: files by path, their faults, and what a crash leaves of them. */
public final class SimDisk {
    private final SimWorld world;
    private final SortedMap<String, SimFileData> files = new TreeMap<>();
    private final SimFaults faults = new SimFaults();
    private long requestCount;
    private long failFirst = Long.MAX_VALUE;
    private long failEnd = Long.MAX_VALUE;
    private int openCount;

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

    /**
     * From now on the request that comes after {@code skip} others, and all further ones up to
     * {@code count}, fail with EIO: reads, writes, flushes, everything. Takes back what was planned
     * before.
     */
    public void failRequests(long skip, long count) {
        failFirst = requestCount + skip;
        failEnd = count > Long.MAX_VALUE - failFirst ? Long.MAX_VALUE : failFirst + count;
    }

    /** Whether a planned failure has come to pass. */
    public boolean hasFailed() {
        return requestCount > failFirst;
    }

    /** Requests so far. */
    public long requestCount() {
        return requestCount;
    }

    /** Requests that have begun and not completed, of all files. */
    public int inFlight() {
        return files.values().stream().mapToInt(SimFileData::inFlight).sum();
    }

    /** Open files. */
    public int openCount() {
        return openCount;
    }

    /** Counts a request; true: it is to fail. */
    boolean nextFails() {
        long number = requestCount++;
        return number >= failFirst && number < failEnd;
    }

    void opened(int more) {
        openCount += more;
    }

    /** Makes a file of zeroes, or takes the one there is; its length is stable. */
    public SimFileData file(String path, long bytes) {
        SimFileData file = files.computeIfAbsent(path, p -> new SimFileData());
        file.truncate(Math.max(bytes, file.length()));
        file.flush(file.nextChange());
        return file;
    }

    /** Paths of all files, in order. */
    public List<String> paths() {
        return List.copyOf(files.keySet());
    }

    /** The file at {@code path}, or null. */
    public SimFileData find(String path) {
        return files.get(path);
    }

    /** Makes a file that holds {@code contents}. */
    public SimFileData load(String path, byte[] contents) {
        SimFileData file = create(path);
        file.set(contents);
        return file;
    }

    SimFileData create(String path) {
        return files.computeIfAbsent(path, p -> new SimFileData());
    }

    /**
     * The power fails: of what is not stable some is kept and some is lost, as the schedule says
     * (see {@link SimFileData}). Open files see what is left.
     */
    public void crash() {
        files.values().forEach(file -> file.crash(world));
    }

    /**
     * What {@link #crash} would leave of each file by its path, were it now; nothing changes.
     */
    public SortedMap<String, byte[]> leftByCrash() {
        SortedMap<String, byte[]> left = new TreeMap<>();
        files.forEach((path, file) -> left.put(path, file.afterPowerLoss(world)));
        return left;
    }
}
