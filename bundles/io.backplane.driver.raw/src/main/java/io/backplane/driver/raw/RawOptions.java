package io.backplane.driver.raw;

import io.backplane.block.BlockdevRef;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of driver raw. */
@Name("BlockdevOptionsRaw")
public record RawOptions(
        @Option("where the data is") BlockdevRef file,
        @Option(value = "position of the disk in it in bytes (default 0)", optional = true,
                size = true) Long offset,
        @Option(value = "size of the disk in bytes (default: up to the end)", optional = true,
                size = true) Long size) {
}
