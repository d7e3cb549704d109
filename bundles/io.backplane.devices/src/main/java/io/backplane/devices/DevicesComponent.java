package io.backplane.devices;

import io.backplane.aio.Apart;
import io.backplane.aio.EventLoops;
import io.backplane.block.BlockException;
import io.backplane.block.graph.BlockGraph;
import io.backplane.boot.BundleChanges;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpBranches;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpCommands;
import io.backplane.qmp.QmpEventType;
import io.backplane.qmp.QmpEvents;
import io.backplane.qmp.StartupHandler;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.transport.VirtioTransport;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers the commands, follows the transport, and installs bundles of models. */
@Capability(namespace = "osgi.service", attribute = "objectClass:List<String>=\""
        + "io.backplane.qmp.QmpCommand,"
        + "io.backplane.qmp.QmpBranches,"
        + "io.backplane.qmp.QmpEventType,"
        + "io.backplane.qmp.StartupHandler\"")
@Component(service = {}, immediate = true)
public final class DevicesComponent implements ModelBundles {
    private static final Logger LOG = LoggerFactory.getLogger(DevicesComponent.class);
    private static final String THREAD = "backplane-devices";
    private static final long CLOSE_SECONDS = 60;

    // Immutable
    private final BundleContext context;
    private final EventLoops loops;
    private final BundleChanges changes;
    private final Devices devices;
    private final DeviceEvents notices;
    private final List<ServiceRegistration<?>> registrations = new ArrayList<>();

    // The component runtime
    private final Map<VirtioTransport, AutoCloseable> listening = new ConcurrentHashMap<>();

    /**
     * Called by declarative services.
     *
     * @param jobs goes with the commands that make nodes: then all nodes are closed, and the
     *     devices have to end before
     */
    @Activate
    public DevicesComponent(BundleContext context, @Reference EventLoops loops,
            @Reference BlockGraph graph, @Reference QmpCommands commands,
            @Reference QmpEvents events, @Reference Jobs jobs,
            @Reference BundleChanges changes) {
        this.context = context;
        this.changes = changes;
        this.loops = loops;
        this.notices = new DeviceEvents(events);
        this.devices = new Devices(loops, graph, notices::deleted);
        TypeCommands types = new TypeCommands(devices::transport);
        List<QmpCommand> all = new ArrayList<>(new DeviceCommands(devices, this, jobs).commands());
        all.addAll(types.commands());
        for (QmpCommand command : all) {
            register(QmpCommand.class, command, QmpCommand.COMMAND, command.name());
        }
        DeviceEvents.types().forEach(type -> register(QmpEventType.class, type, "name",
                type.name()));
        register(QmpBranches.class, new Branches(types), "name", "devices");
        register(StartupHandler.class, new DeviceOption(commands), "backplane.startup",
                "device");
    }

    private record Branches(TypeCommands types) implements QmpBranches {
        @Override
        public Class<? extends Record> union() {
            return DeviceOptions.class;
        }

        @Override
        public SortedMap<String, Class<? extends Record>> branches() {
            return types.branches();
        }
    }

    private <T> void register(Class<T> type, T service, String key, String value) {
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(key, value);
        registrations.add(context.registerService(type, service, properties));
    }

    @Deactivate
    void deactivate() throws InterruptedException {
        registrations.reversed().forEach(ServiceRegistration::unregister);
        bridge(devices::awaitCloseAll);
    }

    /** Runs {@code work} in a coroutine of main and waits for it, on the framework's thread. */
    private void bridge(Runnable work) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        loops.main().spawn(() -> {
            try {
                work.run();
            } finally {
                done.countDown();
            }
        });
        if (!loops.main().isCurrent() && !done.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
            LOG.error("devices do not end within {} s", CLOSE_SECONDS);
        }
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void bindTransport(VirtioTransport transport) throws InterruptedException {
        listening.put(transport, transport.listen(notices));
        bridge(() -> devices.awaitTransport(transport));
    }

    void unbindTransport(VirtioTransport transport) throws Exception {
        bridge(() -> devices.awaitNoTransport(transport));
        listening.remove(transport).close();
    }

    @Override
    public Installed awaitInstall(String file, String type, boolean forAll)
            throws BlockException {
        try {
            Path jar = Path.of(file).toAbsolutePath().normalize();
            Bundle bundle = Apart.awaitDone(THREAD, () -> checked(changes.installBeside(jar,
                    VirtioDeviceModel.class.getName(), forAll ? offering(type) : List.of()), type));
            return new Installed(bundle.getBundleId(), bundle.getVersion().toString());
        } catch (BundleException | InvalidPathException e) {
            throw new BlockException(BlockException.Kind.INVALID, "Bundle '" + file
                    + "' is refused: " + reason(e), e);
        }
    }

    /** Felix wraps what the matter is. */
    private static String reason(Exception failure) {
        Throwable cause = failure instanceof BundleException && failure.getCause() != null
                ? failure.getCause() : failure;
        return cause.getMessage() != null ? cause.getMessage() : cause.toString();
    }

    private Bundle checked(Bundle bundle, String type) throws BundleException {
        if (!offers(bundle, type)) {
            changes.remove(bundle);
            throw new BundleException("it has no device model '" + type + "'");
        }
        return bundle;
    }

    private List<Bundle> offering(String type) {
        return Arrays.stream(context.getBundles()).filter(b -> offers(b, type)).toList();
    }

    private static boolean offers(Bundle bundle, String type) {
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        for (ServiceReference<?> service : services == null ? new ServiceReference<?>[0]
                : services) {
            if (type.equals(service.getProperty("backplane.device")) && List.of(
                    (String[]) service.getProperty("objectClass"))
                    .contains(VirtioDeviceModel.class.getName())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void awaitRemove(Installed bundle) {
        Bundle installed = context.getBundle(bundle.bundleId());
        awaitUninstall(installed == null ? List.of() : List.of(installed));
    }

    @Override
    public void awaitRemoveOthers(Installed kept, String type) {
        awaitUninstall(offering(type).stream()
                .filter(b -> b.getBundleId() != kept.bundleId()).toList());
    }

    private void awaitUninstall(List<Bundle> bundles) {
        for (Bundle bundle : bundles) {
            try {
                Apart.awaitDone(THREAD, () -> {
                    changes.remove(bundle);
                    return null;
                });
            } catch (BundleException e) {
                LOG.error("bundle {} cannot be removed: {}", bundle, e.getMessage());
            }
        }
    }
}
