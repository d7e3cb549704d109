package io.backplane.devices;

import io.backplane.block.BlockException;
import io.backplane.job.JobRequest;
import io.backplane.job.Jobs;
import io.backplane.qmp.QmpCommand;
import io.backplane.qmp.QmpException;
import io.backplane.schema.Name;
import io.backplane.schema.Option;
import io.backplane.schema.TypeRef;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.ArrayList;
import java.util.List;

/** device_add, device_del, device-upgrade, x-query-devices. */
final class DeviceCommands {

    record DeleteArguments(@Option("the device, or its path") String id) {
    }

    record UpgradeArguments(
            @Option("device model") String driver,
            @Option("path of the new bundle on the daemon's machine") String bundle,
            @Option(value = "devices and exports to upgrade (default: all of the model; then the"
                    + " bundles with older versions are removed)", optional = true)
            List<String> devices,
            @Option(value = "name of the job (default upgrade-DRIVER)", optional = true)
            String jobId,
            @Option(value = "jobs of the same group end together; needs auto-finalize=false"
                    + " (default none)", optional = true) String group,
            @Option(value = "whether it is made final at once; else it is pending, with the old"
                    + " bundle still there, until job-finalize (default true)", optional = true)
            Boolean autoFinalize,
            @Option(value = "whether the job is forgotten once it is over (default true)",
                    optional = true) Boolean autoDismiss) {
    }

    /** One change of a model. */
    @Name("DeviceSwapInfo")
    record SwapInfo(
            @Option("version of the bundle before") String from,
            @Option("version of the bundle since") String to,
            @Option("how long the device took no requests, in nanoseconds") long pauseNs,
            @Option("how many requests in flight were waited for") int inFlight) {
    }

    /** One device. */
    @Name("DeviceInfo")
    record DeviceInfo(
            @Option("the device, or the export that it serves") String device,
            @Option(value = "path among objects; exports have none", optional = true)
            String path,
            @Option("its model") String driver,
            @Option("where front-ends connect") String address,
            @Option(value = "node-name of its disk", optional = true) String nodeName,
            @Option("whether a front-end is connected") boolean connected,
            @Option(value = "version of the bundle that serves it; without one it waits",
                    optional = true) String version,
            @Option("changes of its model, oldest first") List<SwapInfo> swaps) {
    }

    private final Devices devices;
    private final ModelBundles bundles;
    private final Jobs jobs;

    DeviceCommands(Devices devices, ModelBundles bundles, Jobs jobs) {
        this.devices = devices;
        this.jobs = jobs;
        this.bundles = bundles;
    }

    List<QmpCommand> commands() {
        return List.of(
                QmpCommand.of("device_add", "Makes a device with a socket of its own.",
                        DeviceOptions.class, null, options -> {
                            devices.awaitAdd(options);
                            return null;
                        }),
                QmpCommand.of("device_del",
                        "Starts the end of a device; DEVICE_DELETED tells when it is gone.",
                        DeleteArguments.class, null, arguments -> {
                            devices.delete(arguments.id());
                            return null;
                        }),
                QmpCommand.of("device-upgrade",
                        "Takes devices over to a newer version of their model while guests use"
                        + " them, as a job.", UpgradeArguments.class, null, this::upgrade),
                QmpCommand.query("x-query-devices", "Lists devices and exports that are devices.",
                        TypeRef.listOf(DeviceInfo.class), _ -> infos(ports(null, null))));
    }

    private List<DeviceInfo> infos(List<VirtioPort> ports) {
        return ports.stream().map(this::info).toList();
    }

    private DeviceInfo info(VirtioPort port) {
        Devices.Entry entry = devices.entry(port);
        return new DeviceInfo(port.id(), entry == null ? null : entry.path(), port.type(),
                port.address(), port.nodeName(), port.hasGuest(), port.modelVersion(),
                port.history().stream().map(s -> new SwapInfo(s.from(), s.to(), s.pauseNs(),
                        s.inFlight())).toList());
    }

    /** The ports of a type, or with null of all types; of these names, or with null all. */
    List<VirtioPort> ports(String type, List<String> names) {
        VirtioTransport transport = devices.transport();
        List<VirtioPort> ports = new ArrayList<>();
        for (VirtioPort port : transport == null ? List.<VirtioPort>of() : transport.ports()) {
            if ((type == null || port.type().equals(type))
                    && (names == null || names.contains(port.id()))) {
                ports.add(port);
            }
        }
        return ports;
    }

    private Object upgrade(UpgradeArguments arguments) throws QmpException, BlockException {
        String type = arguments.driver();
        List<String> names = arguments.devices();
        for (String name : names == null ? List.<String>of() : names) {
            if (ports(type, List.of(name)).isEmpty()) {
                throw new QmpException(QmpException.ErrorClass.DEVICE_NOT_FOUND,
                        "Device '" + name + "' not found, or no " + type);
            }
        }
        boolean autoFinalize = !Boolean.FALSE.equals(arguments.autoFinalize());
        if (arguments.group() != null && autoFinalize) {
            throw QmpException.generic("'group' needs 'auto-finalize' to be false");
        }
        jobs.start(new JobRequest(
                arguments.jobId() != null ? arguments.jobId() : "upgrade-" + type,
                "device-upgrade", autoFinalize, !Boolean.FALSE.equals(arguments.autoDismiss()),
                arguments.group()),
                new DeviceUpgrade(this, devices, bundles, type, arguments.bundle(), names));
        return null;
    }
}
