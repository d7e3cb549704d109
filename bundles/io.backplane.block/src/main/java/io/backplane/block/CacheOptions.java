package io.backplane.block;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Cache options of a node. */
@Name("BlockdevCacheOptions")
public record CacheOptions(
        @Option(value = "bypass the host page cache (O_DIRECT)", optional = true) Boolean direct,
        @Option(value = "ignore flush requests", optional = true) Boolean noFlush) {
    /** Defaults: through the page cache, flushes honoured. */
    public static final CacheOptions DEFAULT = new CacheOptions(null, null);

    /** Whether to bypass the page cache. */
    public boolean isDirect() {
        return Boolean.TRUE.equals(direct);
    }

    /** Whether to ignore flushes. */
    public boolean isNoFlush() {
        return Boolean.TRUE.equals(noFlush);
    }
}
