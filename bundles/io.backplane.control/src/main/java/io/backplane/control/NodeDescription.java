package io.backplane.control;

import io.backplane.block.DetectZeroes;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** A node as query-named-block-nodes and query-block describe it. */
@Name("BlockDeviceInfo")
record NodeDescription(
        @Option("file name") String file,
        @Option(value = "name of the node", optional = true) String nodeName,
        @Option("whether it is read-only") boolean ro,
        @Option("driver") String drv,
        @Option(value = "backing file", name = "backing_file", optional = true) String backingFile,
        @Option(value = "how many backing files", name = "backing_file_depth")
        long backingFileDepth,
        @Option("whether it is encrypted") boolean encrypted,
        @Option(value = "what it does with writes of zeroes", name = "detect_zeroes")
        DetectZeroes detectZeroes,
        @Option("throttling, bytes a second") long bps,
        @Option(value = "throttling of reads", name = "bps_rd") long bpsRd,
        @Option(value = "throttling of writes", name = "bps_wr") long bpsWr,
        @Option("throttling, requests a second") long iops,
        @Option(value = "throttling of reads", name = "iops_rd") long iopsRd,
        @Option(value = "throttling of writes", name = "iops_wr") long iopsWr,
        @Option("the image") ImageDescription image,
        @Option("its caching") CacheDescription cache,
        @Option(value = "offset that raises an event, 0: none", name = "write_threshold")
        long writeThreshold) {

    /** Caching of a node. */
    @Name("BlockdevCacheInfo")
    record CacheDescription(
            @Option("whether writes are cached") boolean writeback,
            @Option("whether the page cache is bypassed") boolean direct,
            @Option("whether flushes are ignored") boolean noFlush) {
    }
}
