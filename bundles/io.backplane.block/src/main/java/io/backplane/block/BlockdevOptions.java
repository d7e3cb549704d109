package io.backplane.block;

import io.backplane.schema.Option;
import io.backplane.schema.Union;

/** Options of a block node: what blockdev-add takes. {@code options} is the driver's record. */
@Union(discriminator = "driver")
public record BlockdevOptions(
        @Option("block driver name") String driver,
        @Option(value = "name of the node", optional = true) String nodeName,
        @Option(value = "what to do with discard requests (default ignore)", optional = true)
        DiscardMode discard,
        @Option(value = "cache options", optional = true) CacheOptions cache,
        @Option(value = "no writes (default false)", optional = true) Boolean readOnly,
        @Option(value = "open read-only while nobody writes, or if the file forbids writing",
                optional = true) Boolean autoReadOnly,
        @Option(value = "open even if another process writes", optional = true)
        Boolean forceShare,
        @Option(value = "what to do with writes of zeroes (default off)", optional = true)
        DetectZeroes detectZeroes,
        Record options) {

    /** Options with nothing said but the driver's own. */
    public static BlockdevOptions of(String driver, String nodeName, Record options) {
        return new BlockdevOptions(driver, nodeName, null, null, null, null, null, null, options);
    }

    /** The cache options, never null. */
    public CacheOptions cacheOrDefault() {
        return cache == null ? CacheOptions.DEFAULT : cache;
    }
}
