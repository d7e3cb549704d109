package io.backplane.tck;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import io.backplane.hostio.HostFile;
import io.backplane.hostio.HostFileEngine;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.OpenFlags;

/** The disk below the driver under test: a host file without any comfort. */
final class DiskDriver implements BlockDriver {
    static final String NAME = "tck-disk";

    private final HostFileEngine engine;
    private final int alignment;

    /** @param alignment of requests, in bytes */
    DiskDriver(HostFileEngine engine, int alignment) {
        this.engine = engine;
        this.alignment = alignment;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.PROTOCOL;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return DiskOptions.class;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        String path = ((DiskOptions) request.options()).path();
        try {
            HostFile file = engine.awaitOpen(path, OpenFlags.READ_WRITE);
            return new DiskNode(file, request.nodeName(), alignment);
        } catch (HostIoException e) {
            throw DiskNode.failure(e);
        }
    }
}
