package io.backplane.driver.qcow2;

import io.backplane.block.BlockdevRef;
import io.backplane.block.Preallocation;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of blockdev-create for qcow2. */
@Name("BlockdevCreateOptionsQcow2")
public record Qcow2CreateOptions(
        @Option("node to create the image format on") BlockdevRef file,
        @Option(value = "node to use as external data file", optional = true)
        BlockdevRef dataFile,
        @Option(value = "whether the data file must stay valid as a raw image (default false)",
                optional = true) Boolean dataFileRaw,
        @Option(value = "subclusters (default false)", optional = true) Boolean extendedL2,
        @Option(value = "size of the virtual disk in bytes", size = true) long size,
        @Option(value = "compatibility level (default v3)", optional = true)
        Qcow2Version version,
        @Option(value = "file name of the backing file", optional = true) String backingFile,
        @Option(value = "driver of the backing file", optional = true) String backingFmt,
        @Option(value = "encryption (not supported)", optional = true) Qcow2Encryption encrypt,
        @Option(value = "cluster size in bytes (default 65536)", optional = true, size = true)
        Long clusterSize,
        @Option(value = "preallocation mode (default off)", optional = true)
        Preallocation preallocation,
        @Option(value = "lazy refcounts (default off)", optional = true) Boolean lazyRefcounts,
        @Option(value = "width of a refcount in bits (default 16)", optional = true)
        Integer refcountBits,
        @Option(value = "compression of compressed clusters (default zlib)", optional = true)
        Qcow2CompressionType compressionType) {
}
