package io.backplane.driver.qcow2;

import io.backplane.block.spi.BlockDriver;
import org.osgi.service.component.annotations.Component;

/** Registers the driver. */
@Component(service = BlockDriver.class, property = "backplane.driver=qcow2")
public final class Qcow2Component extends Qcow2Driver {
}
