package io.backplane.driver.qcow2;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.CreateRequest;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import java.lang.foreign.MemorySegment;

/** The driver {@code qcow2}; stateless. */
public class Qcow2Driver implements BlockDriver {

    @Override
    public final String name() {
        return "qcow2";
    }

    @Override
    public final DriverTraits traits() {
        return DriverTraits.FORMAT;
    }

    @Override
    public final Class<? extends Record> optionsType() {
        return Qcow2Options.class;
    }

    @Override
    public final Class<? extends Record> createOptionsType() {
        return Qcow2CreateOptions.class;
    }

    @Override
    public final DriverNode awaitOpen(OpenRequest request) throws BlockException {
        return Opening.awaitOpen(request);
    }

    @Override
    public final void awaitCreate(CreateRequest request, Record options) throws BlockException {
        new Creation(request, (Qcow2CreateOptions) options).awaitRun();
    }

    @Override
    public final int probe(MemorySegment head) {
        return head.byteSize() >= 8 && head.get(Be.INT, 0) == Header.MAGIC
                && head.get(Be.INT, 4) >= 2 ? 100 : 0;
    }
}
