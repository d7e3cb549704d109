package io.backplane.driver.nullco;

import io.backplane.block.BlockException;
import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;

/** Driver {@code null-co}: takes everything, keeps nothing. */
public final class NullCoDriver implements BlockDriver {
    private static final long DEFAULT_BYTES = 1L << 30;

    @Override
    public String name() {
        return "null-co";
    }

    @Override
    public DriverTraits traits() {
        return DriverTraits.PROTOCOL;
    }

    @Override
    public Class<? extends Record> optionsType() {
        return NullCoOptions.class;
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        NullCoOptions options = request.options() == null ? new NullCoOptions(null, null, null)
                : (NullCoOptions) request.options();
        long length = options.size() == null ? DEFAULT_BYTES : options.size();
        long latencyNs = options.latencyNs() == null ? 0 : options.latencyNs();
        if (length < 0) {
            throw new BlockException(BlockException.Kind.INVALID, "size is negative: " + length);
        }
        if (latencyNs < 0) {
            throw new BlockException(BlockException.Kind.INVALID, "latency-ns is invalid");
        }
        return new NullCoNode(request.nodeName(), length, latencyNs,
                Boolean.TRUE.equals(options.readZeroes()));
    }
}
