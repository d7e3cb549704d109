package io.backplane.driver.blklogwrites;

import static io.backplane.driver.blklogwrites.BlkLogWritesOptions.DEFAULT_SECTOR_BYTES;
import static io.backplane.driver.blklogwrites.BlkLogWritesOptions.MAX_SECTOR_BYTES;

import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import io.backplane.state.StateRecord;

/** The {@code blklogwrites} driver: checks its options and opens the log. */
public final class BlkLogWritesDriver implements BlockDriver {

    @Override
    public String name() {
        return "blklogwrites";
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.FILTER;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return BlkLogWritesOptions.class;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        return awaitOpen(request, null);
    }

    /** The log goes on where it was, whatever the options say of how to begin it. */
    @Override
    public DriverNode awaitThaw(OpenRequest request, StateRecord state) throws BlockException {
        return awaitOpen(request, state.type().equals(WriteLog.STATE) ? state : null);
    }

    private static DriverNode awaitOpen(OpenRequest request, StateRecord state)
            throws BlockException {
        BlkLogWritesOptions options = (BlkLogWritesOptions) request.options();
        BlockChild file = request.child("file");
        BlockChild log = request.child("log");
        if (options.updateInterval() < 1) {
            throw invalid("Invalid log superblock update interval " + options.updateInterval());
        }
        WriteLog writes;
        if (state != null) {
            writes = WriteLog.of(log, request.buffers(), options.updateInterval(), state);
        } else if (options.append()) {
            if (options.logSectorSize() != null) {
                throw invalid("log-append and log-sector-size are mutually exclusive");
            }
            writes = WriteLog.awaitAppend(log, request.buffers(), options.updateInterval());
        } else {
            int bytes = options.logSectorSize() == null
                    ? DEFAULT_SECTOR_BYTES : options.logSectorSize();
            writes = WriteLog.fresh(log, request.buffers(), checkSector(bytes),
                    options.updateInterval());
        }
        if (file.length() % writes.sectorBytes() != 0) {
            throw invalid("length " + file.length() + " of '" + file.nodeName()
                    + "' is not a multiple of the log sector size " + writes.sectorBytes());
        }
        return new BlkLogWritesNode(file, writes, request.buffers(), request.readOnly());
    }

    static int checkSector(long bytes) throws BlockException {
        if (bytes < DEFAULT_SECTOR_BYTES || bytes > MAX_SECTOR_BYTES
                || Long.bitCount(bytes) != 1) {
            throw invalid("Invalid log sector size " + bytes
                    + ": must be a power of two from 512 to " + MAX_SECTOR_BYTES);
        }
        return (int) bytes;
    }

    private static BlockException invalid(String message) {
        return new BlockException(Kind.INVALID, message);
    }
}
