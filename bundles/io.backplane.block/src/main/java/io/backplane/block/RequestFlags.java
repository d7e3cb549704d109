package io.backplane.block;

/** Bits of the {@code flags} of data-path verbs. */
public final class RequestFlags {
    /** The write must be on stable storage at return. */
    public static final int FUA = 1;
    /** pwriteZeroes may release the storage. */
    public static final int MAY_UNMAP = 2;
    /** pwriteZeroes fails with UNSUPPORTED rather than writing buffers of zeroes. */
    public static final int NO_FALLBACK = 4;
    /** Waits for overlapping requests, and later ones wait for it. */
    public static final int SERIALISING = 8;
    /** The write does not change what a reader sees (copy-on-read, commit of equal data). */
    public static final int WRITE_UNCHANGED = 16;
    /** The data should be stored compressed. */
    public static final int COMPRESSED = 32;

    private RequestFlags() {
    }
}
