package io.backplane.block.graph;

/**
 * That a node changed, or is to change, from one version of its driver to another.
 *
 * @param node the node's name
 * @param from the version before
 * @param to the version after
 * @param pauseNs how long its requests were parked; 0 before it happened
 */
public record DriverSwap(String node, DriverVersion from, DriverVersion to, long pauseNs) {
}
