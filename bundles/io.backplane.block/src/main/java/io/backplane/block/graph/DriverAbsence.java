package io.backplane.block.graph;

import java.util.List;

/**
 * That nodes are without their driver.
 *
 * @param driver the driver's name
 * @param nodes names of the nodes
 * @param held whether their requests wait; else they fail
 * @param timeoutNs how long they wait at most, in nanoseconds
 */
public record DriverAbsence(String driver, List<String> nodes, boolean held, long timeoutNs) {
}
