package io.backplane.tool.img;

/** What {@code -t} and {@code -T} say about the host's caches. */
enum CacheMode {
    NONE(true, false, false),
    WRITEBACK(false, false, false),
    WRITETHROUGH(false, false, true),
    DIRECTSYNC(true, false, true),
    UNSAFE(false, true, false);

    /** Bypass the page cache. */
    final boolean direct;
    /** Do not flush to stable storage. */
    final boolean noFlush;
    /** Every write is stable when it ends. */
    final boolean writeThrough;

    CacheMode(boolean direct, boolean noFlush, boolean writeThrough) {
        this.direct = direct;
        this.noFlush = noFlush;
        this.writeThrough = writeThrough;
    }

    /** The mode people call {@code name}; null: none. */
    static CacheMode named(String name) {
        return switch (name) {
            case "none", "off" -> NONE;
            case "writeback" -> WRITEBACK;
            case "writethrough" -> WRITETHROUGH;
            case "directsync" -> DIRECTSYNC;
            case "unsafe" -> UNSAFE;
            default -> null;
        };
    }
}
