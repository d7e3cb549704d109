package io.backplane.tck;

import io.backplane.block.BlockdevRef;
import io.backplane.hostio.HostFileEngine;

/** What the driver under test stands on; its files fail, die and lose power when a case says so. */
public interface Ground {

    /**
     * A node for the driver to stand on, as its options take it: {@code bytes} zeroes when it is
     * first asked for, and whatever was written to it later on.
     */
    BlockdevRef disk(String name, long bytes);

    /** Opens host files, for drivers that have no node below. */
    HostFileEngine hostFiles();

    /** Path of a host file for {@link #hostFiles}, made of {@code bytes} zeroes at first. */
    String hostFile(String name, long bytes);
}
