package io.backplane.export.vhostuser;

import io.backplane.aio.AioContext;
import io.backplane.aio.Suspends;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioHost;
import java.util.function.Supplier;

/**
 * A device whose own mistakes are told from those of the transport: whatever its control methods
 * throw comes as a {@link Fault}.
 */
final class GuardedDevice implements VirtioDevice {

    /** A device broke its contract; the cause is what it threw. */
    static final class Fault extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient VirtioDevice device;

        Fault(VirtioDevice device, Throwable bug) {
            super(bug.toString(), bug, false, false);
            this.device = device;
        }

        /** The device as the slot knows it. */
        VirtioDevice device() {
            return device;
        }
    }

    // Immutable
    private final VirtioDevice device;

    GuardedDevice(VirtioDevice device) {
        this.device = device;
    }

    private <T> T guarded(Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            throw new Fault(this, bug);
        }
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            throw new Fault(this, bug);
        }
    }

    @Override
    public int deviceId() {
        return guarded(device::deviceId);
    }

    @Override
    public long features() {
        return guarded(device::features);
    }

    @Override
    public int queueCount() {
        return guarded(device::queueCount);
    }

    @Override
    public void attach(VirtioHost host) {
        guarded(() -> device.attach(host));
    }

    @Override
    public QueueRunner openQueue(int index, AioContext home) {
        return guarded(() -> device.openQueue(index, home));
    }

    @Override
    public int configBytes() {
        return guarded(device::configBytes);
    }

    @Override
    public void readConfig(int offset, byte[] to) {
        guarded(() -> device.readConfig(offset, to));
    }

    @Override
    public boolean writeConfig(int offset, byte[] from) {
        return guarded(() -> device.writeConfig(offset, from));
    }

    @Override
    public void acceptFeatures(long features) {
        guarded(() -> device.acceptFeatures(features));
    }

    @Override
    public void reset() {
        guarded(device::reset);
    }

    @Override
    public StateRecord freeze() {
        return guarded(device::freeze);
    }

    @Override
    @Suspends
    public void awaitClose() {
        try {
            device.awaitClose();
        } catch (RuntimeException | AssertionError | LinkageError | StackOverflowError bug) {
            throw new Fault(this, bug);
        }
    }
}
