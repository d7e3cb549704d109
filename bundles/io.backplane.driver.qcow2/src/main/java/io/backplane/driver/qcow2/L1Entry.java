package io.backplane.driver.qcow2;

/**
 * An L1 table entry, kept as a raw long.
 *
 * <pre>
 * bits    spec name
 *  0 -  8 reserved
 *  9 - 55 offset of the L2 table, 0: none
 * 56 - 62 reserved
 *      63 refcount of the L2 table is exactly one ("copied")
 * </pre>
 */
final class L1Entry {
    static final long OFFSET_MASK = 0x00fffffffffffe00L;
    static final long COPIED = 1L << 63;
    static final long RESERVED = 0x7f000000000001ffL;

    private L1Entry() {
    }

    static long offset(long entry) {
        return entry & OFFSET_MASK;
    }

    static boolean isCopied(long entry) {
        return entry < 0;
    }
}
