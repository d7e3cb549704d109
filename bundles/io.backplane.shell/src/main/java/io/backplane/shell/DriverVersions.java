package io.backplane.shell;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which node has which version of its driver, from the answer of query-block-drivers.
 *
 * @param byNode the driver's entry, by node
 */
record DriverVersions(Map<String, Map<?, ?>> byNode) {

    /** Reads the answer; null: nobody knows. */
    static DriverVersions of(Object reply) {
        Map<String, Map<?, ?>> byNode = new HashMap<>();
        for (Map<?, ?> driver : Views.entries(reply)) {
            for (Object node : driver.get("nodes") instanceof List<?> nodes ? nodes : List.of()) {
                byNode.put(String.valueOf(node), driver);
            }
        }
        return new DriverVersions(byNode);
    }

    /** The version of a node's driver; empty if nobody knows. */
    String version(Object node) {
        return text(node, "version") + (missing(node) ? " (gone)" : "");
    }

    /** The bundle of a node's driver; empty if nobody knows. */
    String bundle(Object node) {
        return text(node, "bundle");
    }

    private boolean missing(Object node) {
        Map<?, ?> driver = byNode.get(String.valueOf(node));
        return driver != null && Boolean.TRUE.equals(driver.get("missing"));
    }

    private String text(Object node, String key) {
        Map<?, ?> driver = byNode.get(String.valueOf(node));
        return driver == null || driver.get(key) == null ? "" : driver.get(key).toString();
    }
}
