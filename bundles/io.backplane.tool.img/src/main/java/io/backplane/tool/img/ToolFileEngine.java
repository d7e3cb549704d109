package io.backplane.tool.img;

import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;
import io.backplane.hostio.posix.BlockingPool;
import io.backplane.hostio.posix.PosixFile;

/** Host files with the cache modes of the tool: one for what is only read, one for the rest. */
final class ToolFileEngine implements HostFileEngine {
    private final BlockingPool pool;
    private final CacheMode source;
    private final CacheMode target;

    /** @param pool whose threads do the work */
    ToolFileEngine(BlockingPool pool, CacheMode source, CacheMode target) {
        this.pool = pool;
        this.source = source;
        this.target = target;
    }

    @Override
    public String aio() {
        return "threads";
    }

    @Override
    public String unavailableReason() {
        return null;
    }

    @Override
    public HostFile awaitOpen(String path, OpenFlags flags) throws HostIoException {
        CacheMode mode = flags.writable() ? target : source;
        OpenFlags wanted = new OpenFlags(flags.writable(), flags.direct() || mode.direct,
                flags.create(), flags.truncate());
        return new ToolFile(PosixFile.awaitOpen(pool, path, wanted), mode);
    }

    @Override
    public boolean serves(HostFile file) {
        return file instanceof ToolFile;
    }
}
