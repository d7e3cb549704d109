package io.backplane.hostio;

/**
 * How to open a host file.
 *
 * @param writable read-write, else read-only
 * @param direct bypass the page cache (O_DIRECT)
 * @param create create it if it is missing
 * @param truncate cut it to zero length
 */
public record OpenFlags(boolean writable, boolean direct, boolean create, boolean truncate) {
    /** Read only, through the page cache. */
    public static final OpenFlags READ_ONLY = new OpenFlags(false, false, false, false);
    /** Read and write, through the page cache. */
    public static final OpenFlags READ_WRITE = new OpenFlags(true, false, false, false);
}
