package io.backplane.driver.qcow2;

import java.util.Arrays;

/**
 * Clusters that no table in memory refers to any more, but maybe still one on disk: their
 * refcounts go down when the tables without them are stable. Under the metadata lock.
 */
final class FreedClusters {
    /** Freed by a guest's discard or write-zeroes. */
    static final int REQUEST = 1;
    /** Freed for another reason. */
    static final int OTHER = 2;

    private long[] runs = new long[48];
    private int count;

    int count() {
        return count;
    }

    /** Adds clusters [cluster, cluster + clusters). */
    void add(long cluster, long clusters, int reason) {
        int last = count - 1;
        if (last >= 0 && runs[3 * last + 2] == reason
                && runs[3 * last] + runs[3 * last + 1] == cluster) {
            runs[3 * last + 1] += clusters;
            return;
        }
        if (3 * count == runs.length) {
            runs = Arrays.copyOf(runs, runs.length * 2);
        }
        runs[3 * count] = cluster;
        runs[3 * count + 1] = clusters;
        runs[3 * count + 2] = reason;
        count++;
    }

    void addAll(FreedClusters other) {
        for (int i = 0; i < other.count; i++) {
            add(other.cluster(i), other.clusters(i), other.reason(i));
        }
    }

    long cluster(int index) {
        return runs[3 * index];
    }

    long clusters(int index) {
        return runs[3 * index + 1];
    }

    int reason(int index) {
        return (int) runs[3 * index + 2];
    }
}
