package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.spi.OpenRequest;

/**
 * What the options come to for one image.
 *
 * @param l2EntryBytes bytes of one L2 slice
 * @param l2Slices slices to keep in memory
 * @param refcountBlocks refcount blocks to keep in memory
 * @param cleanIntervalNs after which unused tables are dropped; 0: never
 * @param lazyRefcounts whether refcounts may wait for the next clean close
 * @param overlapKinds {@link MetadataMap} kinds to guard
 * @param passRequest whether discards by the guest reach the image file
 * @param passOther whether other freed clusters are discarded in the image file
 */
record CacheSettings(int l2EntryBytes, int l2Slices, int refcountBlocks, long cleanIntervalNs,
        boolean lazyRefcounts, int overlapKinds, boolean passRequest, boolean passOther) {
    private static final long DEFAULT_MAX_L2_BYTES = 32L << 20;
    private static final int MIN_L2_SLICES = 2;
    private static final int MIN_REFCOUNT_BLOCKS = 4;
    private static final long DEFAULT_CLEAN_INTERVAL_S = 600;

    boolean passDiscard(int reason) {
        return reason == FreedClusters.REQUEST ? passRequest : passOther;
    }

    /** Works the options out, with QEMU's rules and words. */
    static CacheSettings of(Qcow2Options options, Header header, OpenRequest request)
            throws BlockException {
        Layout layout = Layout.of(header);
        long clusterBytes = layout.clusterBytes();
        long clusters = header.size() / clusterBytes
                + (header.size() % clusterBytes == 0 ? 0 : 1);
        long maxL2 = (clusters << layout.l2EntryBits()) + clusterBytes - 1 & -clusterBytes;
        long minRefcount = MIN_REFCOUNT_BLOCKS * clusterBytes;
        long l2Setting = size(options.l2CacheSize(), DEFAULT_MAX_L2_BYTES, "l2-cache-size");
        long refcount = size(options.refcountCacheSize(), 0, "refcount-cache-size");
        long l2 = Math.min(maxL2, l2Setting);
        if (options.cacheSize() != null) {
            long both = size(options.cacheSize(), 0, "cache-size");
            checkCombined(options, both, l2Setting, refcount);
            if (options.l2CacheSize() != null) {
                refcount = both - l2;
            } else if (options.refcountCacheSize() != null) {
                l2 = both - refcount;
            } else if (both >= maxL2 + minRefcount) {
                l2 = maxL2;
                refcount = both - l2;
            } else {
                refcount = Math.min(both, minRefcount);
                l2 = both - refcount;
            }
        }
        long entry = options.l2CacheEntrySize() != null
                ? size(options.l2CacheEntrySize(), 0, "l2-cache-entry-size")
                : l2 < maxL2 ? Math.min(clusterBytes, 4096) : clusterBytes;
        if (entry < 512 || entry > clusterBytes || Long.bitCount(entry) != 1) {
            throw new BlockException(Kind.INVALID, "L2 cache entry size must be a power of two"
                    + " between 512 and the cluster size (" + clusterBytes + ")");
        }
        return new CacheSettings((int) entry,
                tables(l2 / entry, MIN_L2_SLICES, "L2 cache size too big"),
                tables(refcount / clusterBytes, MIN_REFCOUNT_BLOCKS,
                        "Refcount cache size too big"),
                cleanInterval(options), lazy(options, header), overlapKinds(options),
                flag(options.passDiscardRequest(), request.unmap()),
                flag(options.passDiscardOther(), false));
    }

    /** These settings for an open image: what cannot change is refused, or stays. */
    CacheSettings asChangeOf(CacheSettings now, Qcow2Options options) throws BlockException {
        if (options.l2CacheEntrySize() != null && l2EntryBytes != now.l2EntryBytes) {
            throw new BlockException(Kind.INVALID,
                    "Cannot change the option 'l2-cache-entry-size'");
        }
        if (overlapKinds != now.overlapKinds) {
            throw new BlockException(Kind.INVALID, "Cannot change the option 'overlap-check'");
        }
        long slices = 1L * l2Slices * l2EntryBytes / now.l2EntryBytes;
        return new CacheSettings(now.l2EntryBytes,
                Math.clamp(slices, MIN_L2_SLICES, Integer.MAX_VALUE), refcountBlocks,
                cleanIntervalNs, lazyRefcounts, overlapKinds, passRequest, passOther);
    }

    private static long size(Long value, long fallback, String name) throws BlockException {
        if (value != null && value < 0) {
            throw new BlockException(Kind.INVALID, "Parameter '" + name
                    + "' expects a non-negative number below 2^63, not " + value);
        }
        return value == null ? fallback : value;
    }

    private static boolean flag(Boolean value, boolean fallback) {
        return value == null ? fallback : value;
    }

    private static void checkCombined(Qcow2Options options, long both, long l2, long refcount)
            throws BlockException {
        String problem = null;
        if (options.l2CacheSize() != null && options.refcountCacheSize() != null) {
            problem = "cache-size, l2-cache-size and refcount-cache-size may not be set at the"
                    + " same time";
        } else if (options.l2CacheSize() != null && l2 > both) {
            problem = "l2-cache-size may not exceed cache-size";
        } else if (refcount > both) {
            problem = "refcount-cache-size may not exceed cache-size";
        }
        if (problem != null) {
            throw new BlockException(Kind.INVALID, problem);
        }
    }

    private static int tables(long wanted, int least, String tooMany) throws BlockException {
        if (wanted > Integer.MAX_VALUE) {
            throw new BlockException(Kind.INVALID, tooMany);
        }
        return (int) Math.max(wanted, least);
    }

    private static long cleanInterval(Qcow2Options options) throws BlockException {
        long seconds = size(options.cacheCleanInterval(), DEFAULT_CLEAN_INTERVAL_S,
                "cache-clean-interval");
        if (seconds > 0xffffffffL) {
            throw new BlockException(Kind.INVALID, "Cache clean interval too big");
        }
        return seconds * 1_000_000_000L;
    }

    private static boolean lazy(Qcow2Options options, Header header) throws BlockException {
        boolean lazy = flag(options.lazyRefcounts(),
                (header.compatible() & Header.COMPATIBLE_LAZY_REFCOUNTS) != 0);
        if (lazy && header.version() < 3) {
            throw new BlockException(Kind.INVALID, "Lazy refcounts require a qcow2 image with at"
                    + " least qemu 1.1 compatibility level");
        }
        return lazy;
    }

    private static int overlapKinds(Qcow2Options options) {
        OverlapChecks checks = options.overlapCheck();
        if (checks instanceof OverlapChecks.Mode mode) {
            return kinds(mode.mode());
        }
        if (!(checks instanceof OverlapChecks.Flags flags)) {
            return kinds(OverlapCheckMode.CACHED);
        }
        OverlapCheckFlags f = flags.flags();
        int kinds = kinds(f.template() == null ? OverlapCheckMode.CACHED : f.template());
        Boolean[] single = {f.mainHeader(), f.activeL1(), f.activeL2(), f.refcountBlock(),
            f.refcountTable(), f.snapshotTable(), f.inactiveL1(), f.inactiveL2(),
            f.bitmapDirectory()};
        for (int i = 0; i < single.length; i++) {
            if (single[i] != null) {
                kinds = single[i] ? kinds | 1 << i : kinds & ~(1 << i);
            }
        }
        return kinds;
    }

    private static int kinds(OverlapCheckMode mode) {
        int constant = MetadataMap.MAIN_HEADER | MetadataMap.ACTIVE_L1
                | MetadataMap.REFCOUNT_TABLE | MetadataMap.SNAPSHOT_TABLE
                | MetadataMap.BITMAP_DIRECTORY;
        int cached = constant | MetadataMap.ACTIVE_L2 | MetadataMap.REFCOUNT_BLOCK
                | MetadataMap.INACTIVE_L1;
        return switch (mode) {
            case NONE -> 0;
            case CONSTANT -> constant;
            case CACHED -> cached;
            case ALL -> cached | MetadataMap.INACTIVE_L2;
        };
    }
}
