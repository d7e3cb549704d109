package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/** The drivers there are now; they come and go with their bundles. Any thread. */
final class DriverSet {
    // Any thread
    private volatile SortedMap<String, BlockDriver> drivers = Collections.emptySortedMap();

    synchronized void add(BlockDriver driver) {
        TreeMap<String, BlockDriver> next = new TreeMap<>(drivers);
        next.put(driver.name(), driver);
        drivers = Collections.unmodifiableSortedMap(next);
    }

    synchronized void remove(BlockDriver driver) {
        TreeMap<String, BlockDriver> next = new TreeMap<>(drivers);
        next.remove(driver.name(), driver);
        drivers = Collections.unmodifiableSortedMap(next);
    }

    SortedMap<String, BlockDriver> all() {
        return drivers;
    }

    BlockDriver require(String name) throws BlockException {
        BlockDriver driver = name == null ? null : drivers.get(name);
        if (driver == null) {
            throw new BlockException(BlockException.Kind.NOT_FOUND,
                    "Unknown driver '" + name + "'");
        }
        return driver;
    }
}
