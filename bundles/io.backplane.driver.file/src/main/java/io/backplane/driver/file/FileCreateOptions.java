package io.backplane.driver.file;

import io.backplane.block.Preallocation;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of blockdev-create with driver file. */
@Name("BlockdevCreateOptionsFile")
public record FileCreateOptions(
        @Option("path of the new file") String filename,
        @Option(value = "size in bytes", size = true) long size,
        @Option(value = "off, falloc or full (default off)", optional = true)
        Preallocation preallocation,
        @Option(value = "no copy-on-write on btrfs; accepted without effect", optional = true)
        Boolean nocow,
        @Option(value = "hint for XFS in bytes; accepted without effect", optional = true,
                size = true) Long extentSizeHint) {
}
