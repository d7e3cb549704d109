package io.backplane.graph;

import io.backplane.block.BlockdevOptions;
import io.backplane.block.graph.DriverVersion;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.HandOver;
import io.backplane.state.StateRecord;

/**
 * A node whose driver's half is frozen and closed.
 *
 * @param driver who froze it
 * @param options its options, of the types of that driver
 * @param length of the disk in bytes
 * @param state what the successor must know
 * @param live what lives on
 */
record Frozen(Node node, BlockDriver driver, DriverVersion version, BlockdevOptions options,
        long length, StateRecord state, HandOver live) {
}
