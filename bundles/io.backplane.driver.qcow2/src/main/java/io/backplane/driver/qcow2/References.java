package io.backplane.driver.qcow2;

import java.util.Arrays;
import java.util.TreeMap;

/**
 * How often host clusters are referred to, counted by a check. Memory grows with the references
 * found, not with what a header claims.
 */
final class References {
    private static final int PAGE_BITS = 12;

    private final TreeMap<Long, int[]> pages = new TreeMap<>();

    /** One more reference to {@code cluster}; gives the count. */
    int add(long cluster) {
        int[] page = pages.computeIfAbsent(cluster >> PAGE_BITS,
                key -> new int[1 << PAGE_BITS]);
        return ++page[(int) cluster & (1 << PAGE_BITS) - 1];
    }

    int get(long cluster) {
        int[] page = pages.get(cluster >> PAGE_BITS);
        return page == null ? 0 : page[(int) cluster & (1 << PAGE_BITS) - 1];
    }

    /** One more than the highest cluster that is referred to. */
    long end() {
        if (pages.isEmpty()) {
            return 0;
        }
        int[] last = pages.lastEntry().getValue();
        int i = last.length;
        while (i > 0 && last[i - 1] == 0) {
            i--;
        }
        return (pages.lastKey() << PAGE_BITS) + i;
    }

    /** The first cluster from {@code from} on that is referred to, or -1. */
    long next(long from) {
        for (var page : pages.tailMap(from >> PAGE_BITS, true).entrySet()) {
            int[] counts = page.getValue();
            long base = page.getKey() << PAGE_BITS;
            for (int i = (int) Math.max(0, from - base); i < counts.length; i++) {
                if (counts[i] != 0) {
                    return base + i;
                }
            }
        }
        return -1;
    }

    void clear() {
        pages.values().forEach(page -> Arrays.fill(page, 0));
        pages.clear();
    }
}
