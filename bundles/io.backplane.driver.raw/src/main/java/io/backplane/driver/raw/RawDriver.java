package io.backplane.driver.raw;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockChild;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.ChildRole;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import java.lang.foreign.MemorySegment;

/** Driver {@code raw}: the disk is its file, or a window of it. */
public final class RawDriver implements BlockDriver {

    @Override
    public String name() {
        return "raw";
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.FORMAT;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return RawOptions.class;
    }

    @Override
    public ChildRole childRole(String childName, Record options) {
        RawOptions raw = (RawOptions) options;
        return raw.offset() == null && raw.size() == null ? ChildRole.FILTERED : ChildRole.DATA;
    }

    @Override
    public int probe(MemorySegment head) {
        return 1; // anything can be raw
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        RawOptions options = (RawOptions) request.options();
        BlockChild file = options == null ? null : request.child("file");
        if (file == null) {
            throw new BlockException(BlockException.Kind.INVALID,
                    "A block device must be specified for \"file\"");
        }
        return new RawNode(file, RawWindow.of(options, file));
    }
}
