package io.backplane.hostio;

/** What a host path names. */
public enum FileKind {
    /** A regular file. */
    REGULAR,
    /** A block device. */
    BLOCK_DEVICE,
    /** A character device. */
    CHARACTER_DEVICE,
    /** A pipe, socket, directory or other thing no disk can live in. */
    OTHER
}
