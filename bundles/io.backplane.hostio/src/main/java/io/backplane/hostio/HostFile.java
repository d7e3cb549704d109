package io.backplane.hostio;

import io.backplane.aio.AnyThread;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import io.backplane.memory.IoVector;

/**
 * An open host file or block device. Any number of requests from any contexts at a time; each runs
 * on the ring or pool of the context that submits it, and completes there.
 *
 * <p>Offsets and lengths are bytes. Memory belongs to the caller, who keeps it valid and unchanged
 * (reads: unread) until the call returns, also by an exception. With O_DIRECT the caller respects
 * {@link #alignment}. Interrupted calls are repeated here. After {@link #close} nothing may be
 * called.
 */
public interface HostFile extends AutoCloseable {

    /** The path it was opened by. */
    @AnyThread
    String path();

    /** Whether it was opened for writing. */
    @AnyThread
    boolean writable();

    /** What kind of file it is. */
    @AnyThread
    FileKind kind();

    /** Required alignment of offset, length and memory in bytes: 1 without O_DIRECT. */
    @AnyThread
    int alignment();

    /**
     * Reads into the window [{@code from}, {@code from + bytes}) of {@code iov}; one system
     * operation, so it may come up short.
     *
     * @return bytes read; 0 at the end of the file
     */
    @Suspends
    @IoCode
    long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException;

    /**
     * Writes the window [{@code from}, {@code from + bytes}) of {@code iov}; may come up short.
     *
     * @param fua whether the data must be on stable storage at return (RWF_DSYNC)
     * @return bytes written, more than zero
     */
    @Suspends
    @IoCode
    long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException;

    /** Makes completed writes and what is needed to read them back stable (fdatasync). */
    @Suspends
    @IoCode
    void flush() throws HostIoException;

    /**
     * Changes allocation; the host may refuse a mode with EOPNOTSUPP, and then callers fall back.
     */
    @Suspends
    @IoCode
    void allocate(AllocateMode mode, long offset, long bytes) throws HostIoException;

    /** Sets the length; regular files only. */
    @Suspends
    @IoCode
    void truncate(long length) throws HostIoException;

    /** The length now, in bytes; for a block device its capacity. */
    @Suspends
    @IoCode
    long length() throws HostIoException;

    /** Bytes of storage the file takes up now (st_blocks); -1: the engine cannot tell. */
    @Suspends
    @IoCode
    long allocatedBytes() throws HostIoException;

    /** First data at or after {@code offset} (SEEK_DATA); -1: only a hole up to the end. */
    @Suspends
    @IoCode
    long seekData(long offset) throws HostIoException;

    /** First hole at or after {@code offset} (SEEK_HOLE); the end of the file counts as one. */
    @Suspends
    @IoCode
    long seekHole(long offset) throws HostIoException;

    /**
     * Takes or converts an advisory lock on one byte range, without waiting (OFD lock, or POSIX
     * where the engine has nothing else). Never suspends.
     *
     * @param exclusive write lock, else read lock
     * @return false if another open file holds a conflicting lock
     */
    @AnyThread
    boolean tryLock(long offset, long bytes, boolean exclusive) throws HostIoException;

    /** Gives a range back. Never suspends. */
    @AnyThread
    void unlock(long offset, long bytes) throws HostIoException;

    /** Whether somebody else holds a conflicting lock; takes none. Never suspends. */
    @AnyThread
    boolean isLockedByOther(long offset, long bytes, boolean exclusive) throws HostIoException;

    /** Closes the descriptor, which drops its locks; no request may be in flight. */
    @Override
    @AnyThread
    void close();
}
