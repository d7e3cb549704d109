package io.backplane.monitor;

import io.backplane.schema.Option;
import io.backplane.schema.Union;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What {@code --chardev} takes. */
@Union(discriminator = "backend")
record ChardevOptions(
        @Option("kind of character device") String backend,
        @Option("its name") String id,
        Record options) {

    /** {@code --chardev socket}. */
    record Socket(
            @Option(value = "path of a unix socket", optional = true) String path,
            @Option(value = "address to listen on (TCP)", optional = true) String host,
            @Option(value = "port to listen on (TCP)", optional = true) String port,
            @Option(value = "listen rather than connect (default off)", optional = true)
            boolean server,
            @Option(value = "wait for the first client (default on)", name = "wait",
                    optional = true) Boolean waitForClient) {
    }

    /** {@code --chardev stdio}. */
    record Stdio(
            @Option(value = "accepted for compatibility, no effect", optional = true)
            Boolean signal) {
    }

    static SortedMap<String, Class<? extends Record>> branches(Class<? extends Record> union) {
        return new TreeMap<>(Map.of("socket", Socket.class, "stdio", Stdio.class));
    }
}
