package io.backplane.tool.guest.frontend;

/**
 * How a front-end meets a back-end. Start from {@link #of} and change with the {@code with…}
 * methods.
 *
 * @param socket path of the back-end's socket
 * @param connectTimeoutNs how long to try to connect
 * @param completionTimeoutNs how long a request may take
 * @param queueCount queues to drive
 * @param queueSize entries of each ring, power of two
 * @param memoryBytes guest memory for data, beside the rings
 * @param regionCount memory regions
 * @param segmentsMax longest data part of a request, in segments
 * @param eventIdx use the event index if offered
 * @param indirect use indirect descriptors if offered
 * @param replyAck ask for acknowledgements if offered
 * @param inflight keep the in-flight area if offered
 * @param memorySlots add memory regions one by one if offered
 * @param backendChannel give the back-end a socket for its requests if offered
 */
public record DeviceOptions(String socket, long connectTimeoutNs, long completionTimeoutNs,
        int queueCount, int queueSize, long memoryBytes, int regionCount, int segmentsMax,
        boolean eventIdx, boolean indirect, boolean replyAck, boolean inflight,
        boolean memorySlots, boolean backendChannel) {

    /** One queue of 128 entries, 16 MiB, everything a driver can use. */
    public static DeviceOptions of(String socket) {
        return new DeviceOptions(socket, 5_000_000_000L, 20_000_000_000L, 1, 128, 16L << 20, 1,
                16, true, true, true, true, false, true);
    }

    /** The same with {@code count} queues of {@code size} entries. */
    public DeviceOptions withQueues(int count, int size) {
        return new DeviceOptions(socket, connectTimeoutNs, completionTimeoutNs, count, size,
                memoryBytes, regionCount, segmentsMax, eventIdx, indirect, replyAck, inflight,
                memorySlots, backendChannel);
    }

    /** The same with {@code bytes} of guest memory in {@code regions} regions. */
    public DeviceOptions withMemory(long bytes, int regions, boolean slots) {
        return new DeviceOptions(socket, connectTimeoutNs, completionTimeoutNs, queueCount,
                queueSize, bytes, regions, segmentsMax, eventIdx, indirect, replyAck, inflight,
                slots, backendChannel);
    }

    /** The same with these ring features. */
    public DeviceOptions withRing(boolean useEventIdx, boolean useIndirect, int segments) {
        return new DeviceOptions(socket, connectTimeoutNs, completionTimeoutNs, queueCount,
                queueSize, memoryBytes, regionCount, segments, useEventIdx, useIndirect, replyAck,
                inflight, memorySlots, backendChannel);
    }

    /** The same with these protocol features. */
    public DeviceOptions withProtocol(boolean useReplyAck, boolean useInflight,
            boolean useBackendChannel) {
        return new DeviceOptions(socket, connectTimeoutNs, completionTimeoutNs, queueCount,
                queueSize, memoryBytes, regionCount, segmentsMax, eventIdx, indirect, useReplyAck,
                useInflight, memorySlots, useBackendChannel);
    }

    /** The same with these limits of time. */
    public DeviceOptions withTimeouts(long connectNs, long completionNs) {
        return new DeviceOptions(socket, connectNs, completionNs, queueCount, queueSize,
                memoryBytes, regionCount, segmentsMax, eventIdx, indirect, replyAck, inflight,
                memorySlots, backendChannel);
    }
}
