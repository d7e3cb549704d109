package io.backplane.virtio.transport;

/**
 * That a device's model broke its contract (an exception of its own, an assertion, an endless
 * recursion, classes that do not fit), and the device is in quarantine until another version comes.
 *
 * @param bundle symbolic name of the model's bundle
 * @param version version of the bundle
 * @param exceptionClass name of the class of what was thrown
 * @param message of what was thrown; empty: none
 * @param held whether the guest waits for another version; else it is disconnected
 * @param timeoutNs how long it waits at most, in nanoseconds; negative: for ever
 */
public record ModelFault(String bundle, String version, String exceptionClass, String message,
        boolean held, long timeoutNs) {
}
