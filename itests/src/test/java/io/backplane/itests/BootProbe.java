package io.backplane.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/**
 * A bundle that writes, once the distribution it is in is ready, what does not run into the file
 * {@code probe} of the data folder: bundles that are not active, components without what they need.
 */
public final class BootProbe implements BundleActivator {
    private static final String READY = "(objectClass=io.backplane.boot.Ready)";

    @Override
    public void start(BundleContext context) throws InvalidSyntaxException {
        context.addServiceListener(event -> {
            if (event.getType() == ServiceEvent.REGISTERED) {
                write(context);
            }
        }, READY);
    }

    private static void write(BundleContext context) {
        List<String> faults = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.getState() != Bundle.ACTIVE) {
                faults.add(bundle + " is not active");
            }
        }
        ServiceComponentRuntime runtime = context.getService(
                context.getServiceReference(ServiceComponentRuntime.class));
        for (ComponentDescriptionDTO component : runtime.getComponentDescriptionDTOs()) {
            for (ComponentConfigurationDTO each
                    : runtime.getComponentConfigurationDTOs(component)) {
                if (each.state != ComponentConfigurationDTO.ACTIVE
                        && each.state != ComponentConfigurationDTO.SATISFIED) {
                    faults.add(component.name + " is in state " + each.state);
                }
            }
        }
        Path file = Path.of(context.getProperty("backplane.data"), "probe");
        try {
            Path part = Files.write(file.resolveSibling("probe.part"), faults);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop(BundleContext context) {
        // The framework removes the listener.
    }
}
