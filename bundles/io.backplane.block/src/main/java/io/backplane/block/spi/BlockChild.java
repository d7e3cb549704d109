package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.memory.IoVector;

/**
 * An edge of the graph seen from its parent: all a driver knows of what is below. Verbs as in
 * {@link DriverNode}, but of any alignment: the graph fits them to the child.
 *
 * <p>An edge changes only while the parent is drained, so a request may keep using it.
 */
public interface BlockChild {

    /** Its name, such as {@code file}. */
    @AnyThread
    String name();

    /** Node-name of the child. */
    @AnyThread
    String nodeName();

    /** Host file name of the child as users would type it; empty: none. */
    @AnyThread
    default String filename() {
        return "";
    }

    /** Length of the child in bytes. */
    @AnyThread
    long length();

    /** Limits of the child; its own requests need not respect them. */
    @AnyThread
    BlockLimits limits();

    /** Whether the child accepts writes through this edge now. */
    @AnyThread
    boolean writable();

    /** Reads {@code bytes} at {@code offset} into the window of {@code iov} from {@code from}. */
    @Suspends
    @IoCode
    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /** Writes {@code bytes} at {@code offset} from the window of {@code iov} from {@code from}. */
    @Suspends
    @IoCode
    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /** Makes a range read as zeroes; falls back to writing zeroes unless flagged otherwise. */
    @Suspends
    @IoCode
    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException;

    /** Says that a range is not needed any more; may do nothing. */
    @Suspends
    @IoCode
    void pdiscard(long offset, long bytes) throws BlockException;

    /** Makes what was written stable. */
    @Suspends
    @IoCode
    void flush() throws BlockException;

    /** What the child and everything below it says of a range. */
    @Suspends
    @IoCode
    BlockStatus blockStatus(long offset, long bytes) throws BlockException;

    /** Changes the child's length; see {@link DriverNode#truncate}. */
    @Suspends
    @IoCode
    void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException;

    /** Bytes of host storage below, -1 if unknown. */
    @Suspends
    @IoCode
    long allocatedBytes() throws BlockException;
}
