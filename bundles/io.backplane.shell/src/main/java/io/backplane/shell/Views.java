package io.backplane.shell;

import io.backplane.qmp.QmpException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The queries that are looked at often, as tables and trees. */
final class Views {
    private final QmpGateway gateway;

    Views(QmpGateway gateway) {
        this.gateway = gateway;
    }

    /** All there are. */
    List<View> all() {
        return List.of(
                view("nodes", "query-named-block-nodes", this::nodes),
                view("drivers", "query-block-drivers", Views::drivers),
                view("graph", "x-debug-query-block-graph", this::graph),
                view("exports", "query-block-exports", Views::exports),
                view("devices", "x-query-devices", Views::devices),
                view("iothreads", "query-iothreads", Views::iothreads),
                view("jobs", "query-jobs", Views::jobs),
                view("drains", "query-drain", Views::drains),
                view("deployments", "query-deployments", Views::deployments),
                new View(gateway, "upgrade", "query-driver-upgrades", "driver-upgrade",
                        Views::upgrades));
    }

    private View view(String name, String query, View.Body body) {
        return new View(gateway, name, query, null, body);
    }

    private void nodes(Object reply, PrintStream out) throws InterruptedException {
        DriverVersions versions = DriverVersions.of(gateway.ask("query-block-drivers"));
        Table table = new Table("node", "driver", "version", "bundle", "size", "access", "cache",
                "file");
        for (Map<?, ?> node : entries(reply)) {
            Object image = node.get("image");
            Object name = node.get("node-name");
            table.row(name, node.get("drv"), versions.version(name), versions.bundle(name),
                    image instanceof Map<?, ?> map ? Sizes.text(map.get("virtual-size")) : null,
                    Boolean.TRUE.equals(node.get("ro")) ? "ro" : "rw",
                    node.get("cache") instanceof Map<?, ?> cache ? cache(cache) : null,
                    node.get("file"));
        }
        table.print(out);
    }

    private static void drivers(Object reply, PrintStream out) {
        Table table = new Table("driver", "version", "bundle", "id", "new nodes", "nodes");
        for (Map<?, ?> driver : entries(reply)) {
            boolean missing = Boolean.TRUE.equals(driver.get("missing"));
            table.row(driver.get("driver"), driver.get("version") + (missing ? " (gone)" : ""),
                    driver.get("bundle"), driver.get("bundle-id"),
                    Boolean.TRUE.equals(driver.get("current")) ? "yes" : "no",
                    joined(driver.get("nodes")));
        }
        table.print(out);
    }

    private void graph(Object reply, PrintStream out) throws QmpException, InterruptedException {
        DriverVersions versions = DriverVersions.of(gateway.ask("query-block-drivers"));
        Map<String, String> details = new LinkedHashMap<>();
        for (Map<?, ?> node : entries(gateway.ask("query-named-block-nodes"))) {
            Object image = node.get("image");
            Object name = node.get("node-name");
            String bundle = versions.bundle(name);
            details.put(String.valueOf(name), "[" + node.get("drv")
                    + (bundle.isEmpty() ? "" : " " + versions.version(name) + ", " + bundle) + "]"
                    + (image instanceof Map<?, ?> map
                            ? " " + Sizes.text(map.get("virtual-size")) : "")
                    + (Boolean.TRUE.equals(node.get("ro")) ? " ro" : ""));
        }
        Map<String, String> tops = new LinkedHashMap<>();
        for (Map<?, ?> export : entries(gateway.ask("query-block-exports"))) {
            tops.put(String.valueOf(export.get("id")), "[export " + export.get("type") + "]");
        }
        GraphTree.of((Map<?, ?>) reply, details, tops).print(out);
    }

    private static void exports(Object reply, PrintStream out) {
        Table table = new Table("export", "type", "node", "state");
        for (Map<?, ?> export : entries(reply)) {
            table.row(export.get("id"), export.get("type"), export.get("node-name"),
                    Boolean.TRUE.equals(export.get("shutting-down")) ? "stopping" : "serving");
        }
        table.print(out);
    }

    private static void devices(Object reply, PrintStream out) {
        Table table = new Table("device", "driver", "version", "node", "front-end", "address",
                "upgrades");
        for (Map<?, ?> device : entries(reply)) {
            List<String> upgrades = new ArrayList<>();
            for (Map<?, ?> swap : entries(device.get("swaps"))) {
                upgrades.add(swap.get("from") + " to " + swap.get("to") + " in "
                        + Sizes.age(swap.get("pause-ns")));
            }
            table.row(device.get("device"), device.get("driver"),
                    device.get("version") == null ? "(gone)" : device.get("version"),
                    device.get("node-name"),
                    Boolean.TRUE.equals(device.get("connected")) ? "connected" : "none",
                    device.get("address"), String.join(", ", upgrades));
        }
        table.print(out);
    }

    private static void iothreads(Object reply, PrintStream out) {
        Table table = new Table("iothread", "thread", "poll-max-ns", "poll-grow", "poll-shrink");
        for (Map<?, ?> thread : entries(reply)) {
            table.row(thread.get("id"), thread.get("thread-id"), thread.get("poll-max-ns"),
                    thread.get("poll-grow"), thread.get("poll-shrink"));
        }
        table.print(out);
    }

    private static void jobs(Object reply, PrintStream out) {
        Table table = new Table("job", "type", "status", "progress", "error");
        for (Map<?, ?> job : entries(reply)) {
            table.row(job.get("id"), job.get("type"), job.get("status"),
                    job.get("current-progress") + "/" + job.get("total-progress"),
                    job.get("error"));
        }
        table.print(out);
    }

    private static void drains(Object reply, PrintStream out) {
        Table table = new Table("drain", "nodes", "for", "age", "waiting", "requests", "others");
        for (Map<?, ?> drain : entries(reply)) {
            List<String> requests = new ArrayList<>();
            for (Map<?, ?> r : entries(drain.get("requests"))) {
                requests.add(r.get("verb") + "@" + r.get("node-name") + " " + r.get("phase"));
            }
            table.row(drain.get("id"), joined(drain.get("nodes")), drain.get("owner"),
                    Sizes.age(drain.get("age-ns")),
                    Boolean.TRUE.equals(drain.get("waiting")) ? "yes" : "no",
                    String.join(", ", requests), joined(drain.get("others")));
        }
        table.print(out);
    }

    private static void deployments(Object reply, PrintStream out) {
        Table table = new Table("file", "state", "bundle", "version", "running", "id", "why");
        for (Map<?, ?> d : entries(reply)) {
            table.row(d.get("file"), d.get("state"), d.get("bundle"), d.get("version"),
                    d.get("running"), d.get("bundle-id"),
                    d.get("refusal") instanceof Map<?, ?> r ? r.get("message") : null);
        }
        table.print(out);
    }

    /** Whatever members there are; times in nanoseconds as times. */
    private static void upgrades(Object reply, PrintStream out) {
        List<Object> readable = new ArrayList<>();
        for (Map<?, ?> entry : entries(reply)) {
            readable.add(Sizes.readable(entry));
        }
        ReplyText.print(readable, out);
    }

    /** The objects of a list; none if there is no list. */
    static List<Map<?, ?>> entries(Object reply) {
        List<Map<?, ?>> entries = new ArrayList<>();
        if (reply instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> entry) {
                    entries.add(entry);
                }
            }
        }
        return entries;
    }

    private static String joined(Object list) {
        return list instanceof List<?> words
                ? String.join(",", words.stream().map(String::valueOf).toList()) : "";
    }

    private static String cache(Map<?, ?> cache) {
        String direct = Boolean.TRUE.equals(cache.get("direct")) ? "direct" : "buffered";
        return Boolean.TRUE.equals(cache.get("no-flush")) ? direct + ",no-flush" : direct;
    }
}
