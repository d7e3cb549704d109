package io.backplane.block.graph;

/**
 * That a driver broke its contract in a node (an exception of its own, an assertion, an endless
 * recursion, classes that do not fit), and the node is in quarantine.
 *
 * @param node name of the node
 * @param version whose code it was
 * @param exceptionClass name of the class of what was thrown
 * @param message of what was thrown; empty: none
 * @param held whether requests wait for another version of the driver; else they fail
 * @param timeoutNs how long they wait at most, in nanoseconds
 */
public record DriverFault(String node, DriverVersion version, String exceptionClass,
        String message, boolean held, long timeoutNs) {
}
