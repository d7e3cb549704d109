package io.backplane.sim;

import io.backplane.hostio.Errno;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;

/** Opens the files of a {@link SimDisk}; with O_DIRECT their alignment is 512. */
public final class SimHostFileEngine implements HostFileEngine {
    private final SimDisk disk;
    private final String aio;

    /** @param aio the name it goes by, such as {@code threads} */
    public SimHostFileEngine(SimDisk disk, String aio) {
        this.disk = disk;
        this.aio = aio;
    }

    @Override
    public String aio() {
        return aio;
    }

    @Override
    public String unavailableReason() {
        return null;
    }

    @Override
    public HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException {
        SimFileData data = flags.create() ? disk.create(path) : disk.find(path);
        if (data == null) {
            throw new HostIoException(Errno.ENOENT, "open of '" + path + "'");
        }
        if (flags.truncate()) {
            data.truncate(0);
        }
        return new SimFile(disk, path, data, flags);
    }

    @Override
    public boolean serves(HostFile file) {
        return file instanceof SimFile;
    }
}
