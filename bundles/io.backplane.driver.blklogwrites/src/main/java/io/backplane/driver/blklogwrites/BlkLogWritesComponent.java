package io.backplane.driver.blklogwrites;

import io.backplane.block.spi.BlockDriver;
import io.backplane.block.spi.DriverNode;
import io.backplane.block.spi.DriverTraits;
import io.backplane.block.spi.OpenRequest;
import io.backplane.block.BlockException;
import org.osgi.service.component.annotations.Component;

/** Publishes the driver. */
@Component(service = BlockDriver.class, property = "backplane.driver=blklogwrites")
public final class BlkLogWritesComponent implements BlockDriver {
    private final BlkLogWritesDriver driver = new BlkLogWritesDriver();

    @Override
    public String name() {
        return driver.name();
    }

    @Override
    public DriverTraits traits() {
        return driver.traits();
    }

    @Override
    public Class<? extends Record> optionsType() {
        return driver.optionsType();
    }

    @Override
    public DriverNode awaitOpen(OpenRequest request) throws BlockException {
        return driver.awaitOpen(request);
    }
}
