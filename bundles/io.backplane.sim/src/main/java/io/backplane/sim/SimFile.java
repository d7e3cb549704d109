package io.backplane.sim;

import io.backplane.aio.Coroutine;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.Errno;
import io.backplane.hostio.FileKind;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;

/**
 * An open file of a {@link SimDisk}. A request takes hold when it completes, and that is an event
 * of its own: requests in flight complete in any order.
 */
final class SimFile implements HostFile {
    private static final long SLOW_NS = 1_000_000;
    private static final int DIRECT_ALIGNMENT = 512;

    /** One request on its way. */
    private abstract static class Op {
        private final Coroutine waiter = Coroutine.current();
        private boolean done;
        private boolean planned;
        long result;
        int errno;

        abstract void apply();

        private void complete() {
            if (planned) {
                errno = Errno.EIO;
            } else {
                apply();
            }
            done = true;
            waiter.wake();
        }
    }

    private final SimDisk disk;
    private final SimWorld world;
    private final String path;
    private final SimFileData data;
    private final OpenFlags flags;
    private boolean closed;
    private int inFlight;

    SimFile(SimDisk disk, String path, SimFileData data, OpenFlags flags) {
        this.disk = disk;
        this.world = disk.world();
        this.path = path;
        this.data = data;
        this.flags = flags;
        disk.opened(1);
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public boolean writable() {
        return flags.writable();
    }

    @Override
    public FileKind kind() {
        return FileKind.REGULAR;
    }

    @Override
    public int alignment() {
        return flags.direct() ? DIRECT_ALIGNMENT : 1;
    }

    private long await(String what, Op op) throws HostIoException {
        assert !closed : what + " on a closed file";
        inFlight++;
        data.begin();
        op.planned = disk.nextFails();
        if (world.chance(disk.faults().slowPercent)) {
            SimTimer timer = new SimTimer(world.main(), world.clock(), what, op::complete);
            timer.armAt(world.nowNs() + SLOW_NS);
        } else {
            world.complete(what, op::complete);
        }
        while (!op.done) {
            Coroutine.suspend();
        }
        inFlight--;
        data.end();
        if (op.errno != 0) {
            throw new HostIoException(op.errno, what + " of '" + path + "'");
        }
        return op.result;
    }

    private long shorten(long bytes) {
        if (bytes <= alignment() || !world.chance(disk.faults().shortPercent)) {
            return bytes;
        }
        return Math.max(alignment(), bytes / 2 & -alignment());
    }

    @Override
    public long preadv(IoVector iov, long from, long bytes, long offset) throws HostIoException {
        long count = shorten(bytes);
        return await("read " + offset + "+" + bytes, new Op() {
            @Override
            void apply() {
                if (world.chance(disk.faults().eioPercent) || data.isBad(offset, count)) {
                    errno = Errno.EIO;
                    return;
                }
                byte[] buffer = new byte[(int) count];
                result = data.read(offset, buffer);
                iov.copyFrom(from, MemorySegment.ofArray(buffer), 0, result);
            }
        });
    }

    @Override
    public long pwritev(IoVector iov, long from, long bytes, long offset, boolean fua)
            throws HostIoException {
        long count = shorten(bytes);
        return await("write " + offset + "+" + bytes, new Op() {
            @Override
            void apply() {
                SimFaults faults = disk.faults();
                errno = world.chance(faults.eioPercent) ? Errno.EIO
                        : world.chance(faults.nospcPercent) ? Errno.ENOSPC : 0;
                if (errno != 0) {
                    return;
                }
                byte[] buffer = new byte[(int) count];
                iov.copyTo(from, MemorySegment.ofArray(buffer), 0, count);
                long place = world.chance(faults.misdirectedPercent)
                        ? misdirect(offset) : offset;
                data.write(offset, place, buffer, fua);
                result = count;
            }
        });
    }

    private long misdirect(long offset) {
        return offset >= SimFileData.SECTOR_BYTES ? offset - SimFileData.SECTOR_BYTES
                : offset + SimFileData.SECTOR_BYTES;
    }

    @Override
    public void flush() throws HostIoException {
        long next = data.nextChange();
        await("flush", new Op() {
            @Override
            void apply() {
                if (world.chance(disk.faults().flushEioPercent)) {
                    errno = Errno.EIO;
                } else {
                    data.flush(next);
                }
            }
        });
    }

    @Override
    public void allocate(AllocateMode mode, long offset, long bytes) throws HostIoException {
        await(mode + " " + offset + "+" + bytes, new Op() {
            @Override
            void apply() {
                if (mode == AllocateMode.RESERVE) {
                    data.truncate(Math.max(data.length(), offset + bytes));
                    return;
                }
                long end = Math.min(offset + bytes, data.length());
                if (end > offset) {
                    data.write(offset, offset, new byte[(int) (end - offset)], false);
                }
            }
        });
    }

    @Override
    public void truncate(long length) throws HostIoException {
        await("truncate " + length, new Op() {
            @Override
            void apply() {
                data.truncate(length);
            }
        });
    }

    @Override
    public long length() {
        return data.length();
    }

    @Override
    public long allocatedBytes() {
        return data.length();
    }

    @Override
    public long seekData(long offset) {
        return offset < data.length() ? offset : -1;
    }

    @Override
    public long seekHole(long offset) {
        return data.length();
    }

    @Override
    public boolean tryLock(long offset, long bytes, boolean exclusive) {
        if (isLockedByOther(offset, bytes, exclusive)) {
            return false;
        }
        unlock(offset, bytes);
        data.locks().add(new SimLock(this, offset, bytes, exclusive));
        return true;
    }

    @Override
    public void unlock(long offset, long bytes) {
        data.locks().removeIf(l -> l.owner() == this && l.offset() >= offset
                && l.offset() + l.bytes() <= offset + bytes);
    }

    @Override
    public boolean isLockedByOther(long offset, long bytes, boolean exclusive) {
        return data.locks().stream().anyMatch(l -> l.conflicts(this, offset, bytes, exclusive));
    }

    @Override
    public void close() {
        assert inFlight == 0 : "close of '" + path + "' with requests in flight";
        assert !closed : "'" + path + "' closed twice";
        closed = true;
        disk.opened(-1);
        data.locks().removeIf(l -> l.owner() == this);
    }
}
