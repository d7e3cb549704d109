package io.backplane.hostio.nio;

import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.IoVector;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A host file on a {@link FileChannel}. It cannot release storage and does not see holes: all is
 * data up to the end. Locks are those of the process (POSIX), as {@link FileChannel} has no others.
 *
 * <p>Its length is what it was at the open, and what was done to it here since: what others do to it
 * is not seen. {@link FileChannel#size} takes a monitor, which loops must not wait for.
 */
final class NioFile implements HostFile {
    // Immutable
    private final FileChannel channel;
    private final Path path;
    private final boolean writable;
    private final FileKind kind;

    // Any thread
    private final AtomicLong length;

    // Any thread, under lock
    private final ReentrantLock lock = new ReentrantLock();
    private final List<FileLock> locks = new ArrayList<>();

    /** @param length of the file now, in bytes */
    NioFile(FileChannel channel, Path path, boolean writable, FileKind kind, long length) {
        this.channel = channel;
        this.path = path;
        this.writable = writable;
        this.kind = kind;
        this.length = new AtomicLong(length);
    }

    static HostIoException failure(IOException e, String what, Path path) {
        int errno = switch (e) {
            case NoSuchFileException missing -> Errno.ENOENT;
            case AccessDeniedException denied -> Errno.EACCES;
            case FileAlreadyExistsException exists -> Errno.EEXIST;
            default -> errnoOf(e.getMessage());
        };
        HostIoException failure = new HostIoException(errno,
                what + " '" + path + "': " + Errno.text(errno));
        failure.initCause(e);
        return failure;
    }

    /** The JDK keeps only the text of the C library. */
    private static int errnoOf(String message) {
        int[] known = {Errno.ENOSPC, Errno.EISDIR, Errno.EROFS, Errno.EFBIG, Errno.EINVAL,
            Errno.EPERM, Errno.EACCES, Errno.EBUSY, Errno.ENXIO, Errno.ENOMEM, Errno.ENOTDIR};
        if (message != null) {
            for (int errno : known) {
                if (message.contains(Errno.text(errno))) {
                    return errno;
                }
            }
        }
        return Errno.EIO;
    }

    @Override
    public String path() {
        return path.toString();
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public FileKind kind() {
        return kind;
    }

    @Override
    public int alignment() {
        return 1;
    }

    /** The part of the window that lies in its first element; a transfer may come up short. */
    private static ByteBuffer firstPart(IoVector iov, long from, long bytes) {
        java.util.Objects.checkFromIndexSize(from, bytes, iov.bytes());
        long skip = from;
        int i = 0;
        while (skip >= iov.length(i)) {
            skip -= iov.length(i++);
        }
        long length = Math.min(Math.min(bytes, iov.length(i) - skip), 1 << 30);
        MemorySegment part = iov.segment(i).asSlice(iov.offset(i) + skip, length);
        return part.asByteBuffer();
    }

    @Override
    public long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException {
        long done = 0;
        try {
            while (done < bytes) {
                ByteBuffer part = firstPart(iov, from + done, bytes - done);
                int wanted = part.remaining();
                int n = channel.read(part, offset + done);
                done += Math.max(n, 0);
                if (n < wanted) {
                    break;
                }
            }
        } catch (IOException e) {
            if (done == 0) {
                throw failure(e, "read", path);
            }
        }
        return done;
    }

    @Override
    public long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException {
        long done = 0;
        try {
            while (done < bytes) {
                ByteBuffer part = firstPart(iov, from + done, bytes - done);
                int wanted = part.remaining();
                int n = channel.write(part, offset + done);
                done += n;
                length.accumulateAndGet(offset + done, Math::max);
                if (n < wanted) {
                    break;
                }
            }
            if (fua) {
                channel.force(false);
            }
        } catch (IOException e) {
            throw failure(e, "write", path);
        }
        return done;
    }

    @Override
    public void flush() throws HostIoException {
        try {
            channel.force(false);
        } catch (IOException e) {
            throw failure(e, "fdatasync", path);
        }
    }

    @Override
    public void allocate(AllocateMode mode, long offset, long bytes) throws HostIoException {
        throw new HostIoException(Errno.EOPNOTSUPP, "fallocate '" + path + "': "
                + Errno.text(Errno.EOPNOTSUPP));
    }

    @Override
    public void truncate(long bytes) throws HostIoException {
        try {
            if (bytes < length.get()) {
                channel.truncate(bytes);
            } else if (bytes > length.get()) {
                extend(bytes);
            }
            length.set(bytes);
        } catch (IOException e) {
            throw failure(e, "ftruncate", path);
        }
    }

    private void extend(long bytes) throws IOException {
        // FileChannel.truncate never grows; a byte at the end does, and leaves a hole before
        ByteBuffer end = ByteBuffer.allocate(1);
        channel.write(end, bytes - 1);
    }

    @Override
    public long length() {
        return length.get();
    }

    @Override
    public long allocatedBytes() {
        return -1; // the JDK's view of a file has no block count
    }

    @Override
    public long seekData(long offset) {
        return offset < length() ? offset : -1;
    }

    @Override
    public long seekHole(long offset) {
        return Math.max(offset, length());
    }

    @Override
    public boolean tryLock(long offset, long bytes, boolean exclusive) throws HostIoException {
        lock.lock();
        try {
            releaseOwn(offset, bytes);
            FileLock taken = channel.tryLock(offset, bytes, !exclusive);
            if (taken == null) {
                return false;
            }
            locks.add(taken);
            return true;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            throw failure(e, "lock", path);
        } finally {
            lock.unlock();
        }
    }

    private void releaseOwn(long offset, long bytes) throws IOException {
        for (int i = locks.size() - 1; i >= 0; i--) {
            if (locks.get(i).overlaps(offset, bytes)) {
                locks.remove(i).release();
            }
        }
    }

    @Override
    public void unlock(long offset, long bytes) throws HostIoException {
        lock.lock();
        try {
            releaseOwn(offset, bytes);
        } catch (IOException e) {
            throw failure(e, "unlock", path);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isLockedByOther(long offset, long bytes, boolean exclusive)
            throws HostIoException {
        lock.lock();
        try {
            for (FileLock own : locks) {
                if (own.overlaps(offset, bytes)) {
                    return false; // whatever we hold, nobody else holds a conflict
                }
            }
            FileLock probe = channel.tryLock(offset, bytes, !exclusive);
            if (probe == null) {
                return true;
            }
            probe.release();
            return false;
        } catch (OverlappingFileLockException e) {
            return true;
        } catch (NonWritableChannelException e) {
            return false; // Java cannot look for shared locks through a read-only descriptor
        } catch (IOException e) {
            throw failure(e, "lock query of", path);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the descriptor is gone in any case
        }
    }
}
