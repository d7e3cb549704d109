package io.backplane.driver.nullco;

import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of driver null-co. */
@Name("BlockdevOptionsNull")
public record NullCoOptions(
        @Option(value = "size of the device in bytes (default 1 GiB)", optional = true,
                size = true) Long size,
        @Option(value = "time each request takes in nanoseconds (default 0)", optional = true)
        Long latencyNs,
        @Option(value = "whether reads give zeroes, else whatever was in the buffer"
                + " (default false)", optional = true) Boolean readZeroes) {
}
