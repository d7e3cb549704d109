package io.backplane.driver.qcow2;

import io.backplane.block.BlockdevRef;
import io.backplane.block.BlockdevRefOrNull;
import io.backplane.schema.Name;
import io.backplane.schema.Option;

/** Options of a qcow2 node. */
@Name("BlockdevOptionsQcow2")
public record Qcow2Options(
        @Option("the image file") BlockdevRef file,
        @Option(value = "the backing file (default: the one the image names; null: none)",
                optional = true) BlockdevRefOrNull backing,
        @Option(value = "postpone refcount updates (default: as the image says)",
                optional = true) Boolean lazyRefcounts,
        @Option(value = "pass the guest's discards on (default: with discard=unmap)",
                optional = true) Boolean passDiscardRequest,
        @Option(value = "pass discards by snapshot deletion on (default true)", optional = true)
        Boolean passDiscardSnapshot,
        @Option(value = "pass on discards of clusters freed otherwise (default false)",
                optional = true) Boolean passDiscardOther,
        @Option(value = "guard metadata against overwriting (default cached)", optional = true)
        OverlapChecks overlapCheck,
        @Option(value = "bytes for L2 and refcount caches together", optional = true,
                size = true) Long cacheSize,
        @Option(value = "bytes for the L2 cache (default: 32 MiB at most)", optional = true,
                size = true) Long l2CacheSize,
        @Option(value = "bytes of one L2 cache entry", optional = true, size = true)
        Long l2CacheEntrySize,
        @Option(value = "bytes for the refcount cache (default: 4 clusters)", optional = true,
                size = true) Long refcountCacheSize,
        @Option(value = "seconds after which unused cache entries are dropped (default 600)",
                optional = true) Long cacheCleanInterval,
        @Option(value = "encryption (not supported)", optional = true) Qcow2Encryption encrypt,
        @Option(value = "the external data file", optional = true) BlockdevRef dataFile) {

    /** Only the image file; everything else by default. */
    public static Qcow2Options of(BlockdevRef file) {
        return new Qcow2Options(file, null, null, null, null, null, null, null, null, null, null,
                null, null, null);
    }
}
