package io.backplane.devices;

import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.job.Job;
import io.backplane.job.JobWork;
import io.backplane.virtio.transport.VirtioPort;
import io.backplane.virtio.transport.VirtioTransport;
import java.util.List;

/**
 * Work of a device-upgrade: installs the new bundle beside the old, takes the devices over. Until it
 * is finalized the old bundle stays; if it aborts, the new bundle goes, and its devices follow the
 * one that is left. Main.
 */
final class DeviceUpgrade implements JobWork {
    // Immutable
    private final DeviceCommands commands;
    private final Devices devices;
    private final ModelBundles bundles;
    private final String type;
    private final String file;
    private final List<String> names;

    // Global state
    private ModelBundles.Installed installed;

    /** @param names devices; null: all of the model, whose older bundles are removed at the end */
    DeviceUpgrade(DeviceCommands commands, Devices devices, ModelBundles bundles, String type,
            String file, List<String> names) {
        this.commands = commands;
        this.devices = devices;
        this.bundles = bundles;
        this.type = type;
        this.file = file;
        this.names = names;
    }

    @Override
    public void awaitRun(Job job) throws BlockException {
        installed = bundles.awaitInstall(file, type, names == null);
        awaitTakeOver();
    }

    @Suspends
    private void awaitTakeOver() throws BlockException {
        VirtioTransport transport = devices.transport();
        if (transport != null) {
            transport.awaitRenew(commands.ports(type, names));
        }
        for (VirtioPort port : commands.ports(type, names)) {
            if (!installed.version().equals(port.modelVersion())) {
                throw new BlockException(BlockException.Kind.INVALID, "version "
                        + installed.version() + " of " + type + " is not newer than "
                        + port.modelVersion() + ", which serves '" + port.id() + "'");
            }
        }
    }

    @Override
    public void awaitClean(Job job) {
        if (names == null) {
            bundles.awaitRemoveOthers(installed, type);
        }
    }

    @Override
    public void awaitAbort(Job job) {
        if (installed != null) {
            bundles.awaitRemove(installed);
        }
    }
}
