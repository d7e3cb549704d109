package io.backplane.driver.qcow2;

/** How clusters are compressed. */
public enum Qcow2CompressionType {
    /** zlib (deflate without header). */
    ZLIB,
    /** zstd. */
    ZSTD
}
