package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.hostio.Errno;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;

/**
 * Whether writes of the page cache may be lost. When the host cannot write a page back, it says so
 * once, by the next sync, and takes the page for clean: a later sync succeeds although the data is
 * gone. So after one that failed none succeeds any more, until the node is opened anew. Without a
 * page cache (O_DIRECT) a failed sync loses nothing and may be repeated.
 */
final class LostWrites {
    private static final String FIELD = "lost-writes-errno";

    // Any thread
    private volatile int errno;

    /** What the record of a frozen node says. */
    static LostWrites of(StateRecord state) throws StateException {
        LostWrites lost = new LostWrites();
        lost.errno = (int) state.numberOr(FIELD, 0);
        return lost;
    }

    void save(StateRecord.Builder state) {
        if (errno != 0) {
            state.number(FIELD, errno);
        }
    }

    /** @throws BlockException an earlier sync failed, with its error */
    void check(HostFile file) throws BlockException {
        int seen = errno;
        if (seen != 0) {
            throw new BlockException(BlockException.Kind.ofErrno(seen), "an earlier flush of '"
                    + file.path() + "' failed (" + Errno.text(seen)
                    + "): writes before it may be lost");
        }
    }

    void flushFailed(HostFile file, HostIoException e) {
        if (file.alignment() == 1) {
            errno = e.errno();
        }
    }

    /** A write with FUA failed: its sync, unless the write itself was refused. */
    void fuaFailed(HostFile file, HostIoException e) {
        if (e.errno() == Errno.EIO) {
            flushFailed(file, e);
        }
    }
}
