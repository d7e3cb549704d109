package io.backplane.virtio.device;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueRunner;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A virtio device without its transport: features, configuration space, queues.
 *
 * <p>The transport calls, in this order: {@link #attach}, {@link #openQueue} for each queue; then
 * any number of times {@link #acceptFeatures}, start and stop of the runners, {@link #reset}; at
 * the end, with all runners stopped, {@link #awaitClose}, before it {@link #freeze} if a successor
 * is to go on. Control methods run in main; the runners' own methods in their home contexts.
 */
@ConsumerType
public interface VirtioDevice {

    /** The device type number of virtio 1.2, clause 5; 2 is a block device. */
    @AnyThread
    int deviceId();

    /** Device-specific features on offer; the transport adds those of rings and transports. */
    @AnyThread
    long features();

    /** Number of queues. */
    @AnyThread
    int queueCount();

    /** Binds the device to its transport, once. */
    @GlobalState
    void attach(VirtioHost host);

    /** Makes the runner of queue {@code index} in {@code home}; once a queue. */
    @GlobalState
    QueueRunner openQueue(int index, AioContext home);

    /** Length in bytes of the configuration space that has a meaning. */
    @AnyThread
    int configBytes();

    /**
     * Reads configuration space; what lies behind its end reads as zeroes.
     *
     * @param offset first byte, not negative
     */
    @GlobalState
    void readConfig(int offset, byte[] to);

    /**
     * Writes configuration space.
     *
     * @return false if the range is not writable as a whole; then nothing was written
     */
    @GlobalState
    boolean writeConfig(int offset, byte[] from);

    /** Says what driver and transport agreed on; the queues are stopped. */
    @GlobalState
    void acceptFeatures(long features);

    /** Back to the state before any driver; the queues are stopped. */
    @GlobalState
    void reset();

    /**
     * What a successor needs to go on where this device is: all that a driver can tell by asking
     * again. No queue runs, no request is in flight, and only {@link #awaitClose} follows. What the
     * transport keeps needs no place in it: rings, features agreed on.
     *
     * @return read by {@link VirtioDeviceModel#thaw} of this or another version of the model
     */
    @GlobalState
    default StateRecord freeze() {
        return StateRecord.empty("virtio-device");
    }

    /** Ends the device and closes its runners; it no longer hears from its backend, which the caller closes. */
    @GlobalState
    @Suspends
    void awaitClose();
}
