package io.backplane.driver.file;

import io.backplane.block.BlockException;
import io.backplane.hostio.AllocateMode;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostIoException;

/**
 * Write-zeroes and discard of a host file by its allocation; remembers what the host refused. Any
 * thread.
 */
final class FileZeroing {
    // Any thread
    private volatile boolean punches = true;
    private volatile boolean zeroes = true;
    private volatile boolean reserves = true;

    /**
     * Makes a range read as zeroes.
     *
     * @param length length of the file; what lies beyond is grown
     * @throws BlockException NOT_SUPPORTED if the host has no way
     */
    void awaitZero(HostFile file, long offset, long bytes, long length, boolean unmap)
            throws BlockException {
        long inside = Math.min(bytes, Math.max(0, length - offset));
        if (inside > 0 && !(unmap && awaitPunch(file, offset, inside))
                && !awaitZeroRange(file, offset, inside)) {
            throw BlockException.NOT_SUPPORTED;
        }
        // growing by reserving, not by setting a length: it cannot cut off a write that runs now
        if (inside < bytes && !awaitReserve(file, offset + inside, bytes - inside)) {
            throw BlockException.NOT_SUPPORTED;
        }
    }

    void awaitDiscard(HostFile file, long offset, long bytes) throws BlockException {
        if (!awaitPunch(file, offset, bytes)) {
            throw BlockException.NOT_SUPPORTED;
        }
    }

    private boolean awaitPunch(HostFile file, long offset, long bytes) throws BlockException {
        if (punches) {
            punches = tryAllocate(file, AllocateMode.PUNCH_HOLE, offset, bytes);
        }
        return punches;
    }

    private boolean awaitZeroRange(HostFile file, long offset, long bytes)
            throws BlockException {
        if (zeroes) {
            zeroes = tryAllocate(file, AllocateMode.ZERO_RANGE, offset, bytes);
        }
        return zeroes;
    }

    private boolean awaitReserve(HostFile file, long offset, long bytes) throws BlockException {
        if (reserves) {
            reserves = tryAllocate(file, AllocateMode.RESERVE, offset, bytes);
        }
        return reserves;
    }

    private static boolean tryAllocate(HostFile file, AllocateMode mode, long offset, long bytes)
            throws BlockException {
        try {
            file.allocate(mode, offset, bytes);
            return true;
        } catch (HostIoException e) {
            if (FileErrors.isUnsupported(e)) {
                return false;
            }
            throw FileErrors.of(e);
        }
    }
}
