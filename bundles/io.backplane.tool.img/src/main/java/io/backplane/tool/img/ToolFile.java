package io.backplane.tool.img;

import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.memory.IoVector;

/** A host file with a cache mode of the tool. */
final class ToolFile implements HostFile {
    private final HostFile file;
    private final CacheMode mode;

    ToolFile(HostFile file, CacheMode mode) {
        this.file = file;
        this.mode = mode;
    }

    @Override
    public long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException {
        return file.pwritev(iov, from, bytes, offset,
                mode.writeThrough || fua && !mode.noFlush);
    }

    @Override
    public void flush() throws HostIoException {
        if (!mode.noFlush) {
            file.flush();
        }
    }

    @Override
    public void close() {
        file.close();
    }

    @Override
    public long allocatedBytes() throws HostIoException {
        return file.allocatedBytes();
    }

    @Override
    public long seekData(long offset) throws HostIoException {
        return file.seekData(offset);
    }

    @Override
    public long seekHole(long offset) throws HostIoException {
        return file.seekHole(offset);
    }

    @Override
    public void allocate(AllocateMode allocate, long offset, long bytes) throws HostIoException {
        file.allocate(allocate, offset, bytes);
    }

    @Override
    public String path() {
        return file.path();
    }

    @Override
    public boolean writable() {
        return file.writable();
    }

    @Override
    public FileKind kind() {
        return file.kind();
    }

    @Override
    public int alignment() {
        return file.alignment();
    }

    @Override
    public long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException {
        return file.preadv(iov, from, bytes, offset);
    }

    @Override
    public void truncate(long length) throws HostIoException {
        file.truncate(length);
    }

    @Override
    public long length() throws HostIoException {
        return file.length();
    }

    @Override
    public boolean tryLock(long offset, long bytes, boolean exclusive) throws HostIoException {
        return file.tryLock(offset, bytes, exclusive);
    }

    @Override
    public void unlock(long offset, long bytes) throws HostIoException {
        file.unlock(offset, bytes);
    }

    @Override
    public boolean isLockedByOther(long offset, long bytes, boolean exclusive)
            throws HostIoException {
        return file.isLockedByOther(offset, bytes, exclusive);
    }
}
