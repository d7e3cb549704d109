package io.backplane.graph;

import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import io.backplane.block.CacheOptions;
import io.backplane.block.DetectZeroes;
import io.backplane.block.DiscardMode;
import io.backplane.block.spi.ChildRole;

/** The options every node has, with their defaults filled in. */
record NodeSettings(boolean readOnly, boolean autoReadOnly, boolean direct, boolean noFlush,
        boolean unmap, boolean forceShare, DetectZeroes detectZeroes) {

    private static final NodeSettings DEFAULTS =
            new NodeSettings(false, false, false, false, false, false, DetectZeroes.OFF);

    /** What a child that its parent defines has unless it says otherwise. */
    private static NodeSettings inherited(NodeSettings parent, ChildRole role) {
        if (parent == null) {
            return DEFAULTS;
        }
        if (role == ChildRole.BACKING) {
            return new NodeSettings(true, false, parent.direct, parent.noFlush, false,
                    parent.forceShare, DetectZeroes.OFF);
        }
        // the parent decides itself what it discards
        return new NodeSettings(parent.readOnly, parent.autoReadOnly, parent.direct,
                parent.noFlush, true, parent.forceShare, DetectZeroes.OFF);
    }

    private static boolean or(Boolean said, boolean otherwise) {
        return said == null ? otherwise : said;
    }

    /**
     * The settings of a node.
     *
     * @param parent settings of the node that defines it in its own options, or null
     * @param role what it is to that parent, or null
     */
    static NodeSettings of(BlockdevOptions options, NodeSettings parent, ChildRole role)
            throws BlockException {
        NodeSettings base = inherited(parent, role);
        CacheOptions cache = options.cacheOrDefault();
        boolean unmap = options.discard() == null ? base.unmap
                : options.discard() == DiscardMode.UNMAP;
        DetectZeroes zeroes =
                options.detectZeroes() == null ? base.detectZeroes : options.detectZeroes();
        NodeSettings made = new NodeSettings(or(options.readOnly(), base.readOnly),
                or(options.autoReadOnly(), base.autoReadOnly),
                or(cache.direct(), base.direct), or(cache.noFlush(), base.noFlush), unmap,
                or(options.forceShare(), base.forceShare), zeroes);
        made.check();
        return made;
    }

    private void check() throws BlockException {
        if (forceShare && !readOnly) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "force-share=on can only be used with read-only images");
        }
        if (detectZeroes == DetectZeroes.UNMAP && !unmap) {
            throw new BlockException(BlockException.Kind.INVALID, "setting detect-zeroes to unmap"
                    + " is not allowed without setting discard operation to unmap");
        }
    }

    NodeSettings asReadOnly() {
        return new NodeSettings(true, autoReadOnly, direct, noFlush, unmap, forceShare,
                detectZeroes);
    }
}
