package io.backplane.tool.guest.frontend;

import io.backplane.hostio.posix.Fds;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.sys.SysEvent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A virtio-blk device as its driver meets it over vhost-user: negotiated features, configuration,
 * guest memory and queues.
 *
 * <p>Order: {@link #connect}, {@link #start}, use of the queues, {@link #stop}, {@link #close}.
 * When the back-end dies, {@link #reconnect} takes the device to its successor; with the in-flight
 * area negotiated requests in the rings are neither lost nor disturbed, and threads may go on
 * using their queues meanwhile. The connection belongs to one thread; each queue to another.
 */
public final class GuestDevice implements AutoCloseable {
    private static final long WANTED = Features.VERSION_1 | Features.PROTOCOL_FEATURES
            | Features.BLK_SEG_MAX | Features.BLK_RO | Features.BLK_SIZE | Features.BLK_FLUSH
            | Features.BLK_TOPOLOGY | Features.BLK_CONFIG_WCE | Features.BLK_MQ
            | Features.BLK_DISCARD | Features.BLK_WRITE_ZEROES;
    /** Descriptors of a request beside its data: header, second half of it, status. */
    private static final int EXTRA_DESCRIPTORS = 3;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

    // Immutable
    private final DeviceOptions options;
    private final GuestMemory memory;
    private final GuestQueue[] queues;

    // The one user of the connection
    private FrontEndConnection connection;
    private FrontEndConnection backendChannel;
    private long deviceFeatures;
    private long features;
    private long deviceProtocol;
    private long protocol;
    private int queuesMax = 1;
    private int inflightFd = -1;
    private long inflightBytes;
    private long inflightOffset;
    private boolean started;
    private volatile BlkConfig config;

    private GuestDevice(DeviceOptions options) throws IOException {
        this.options = options;
        this.queues = new GuestQueue[options.queueCount()];
        int entries = options.segmentsMax() + EXTRA_DESCRIPTORS;
        long rings = options.queueCount()
                * (options.queueSize() * (26L + 16L * entries) + 3 * 4096L);
        this.memory = GuestMemory.create(options.memoryBytes()
                + rings * 2 * options.regionCount(), options.regionCount());
    }

    /** Connects and negotiates; the queues exist afterwards, the device does not look at them. */
    public static GuestDevice connect(DeviceOptions options) throws IOException {
        GuestDevice device = new GuestDevice(options);
        try {
            device.connection =
                    FrontEndConnection.connect(options.socket(), options.connectTimeoutNs());
            device.negotiate();
            device.makeQueues();
            return device;
        } catch (IOException | RuntimeException e) {
            device.close();
            throw e;
        }
    }

    private void negotiate() throws IOException {
        deviceFeatures = connection.getU64(VhostRequest.GET_FEATURES);
        if ((deviceFeatures & Features.VERSION_1) == 0) {
            throw new FrontEndException("the back-end does not offer VERSION_1");
        }
        features = deviceFeatures & (WANTED | (options.eventIdx() ? Features.RING_EVENT_IDX : 0)
                | (options.indirect() ? Features.RING_INDIRECT : 0));
        connection.useReplyAck(false);
        if ((features & Features.PROTOCOL_FEATURES) != 0) {
            negotiateProtocol();
        }
        connection.set(VhostRequest.SET_OWNER, 0);
        if (options.queueCount() > queuesMax) {
            throw new FrontEndException("the back-end has " + queuesMax + " queues, not "
                    + options.queueCount());
        }
        if ((protocol & Features.P_CONFIG) != 0) {
            readConfig();
        }
        if ((protocol & Features.P_BACKEND_REQ) != 0) {
            openBackendChannel();
        }
    }

    private void negotiateProtocol() throws IOException {
        deviceProtocol = connection.getU64(VhostRequest.GET_PROTOCOL_FEATURES);
        long wanted = Features.P_MQ | Features.P_CONFIG
                | (options.replyAck() ? Features.P_REPLY_ACK : 0)
                | (options.inflight() ? Features.P_INFLIGHT_SHMFD : 0)
                | (options.memorySlots() ? Features.P_CONFIGURE_MEM_SLOTS : 0)
                | (options.backendChannel() ? Features.P_BACKEND_REQ : 0);
        protocol = deviceProtocol & wanted;
        connection.setU64(VhostRequest.SET_PROTOCOL_FEATURES, protocol);
        connection.useReplyAck((protocol & Features.P_REPLY_ACK) != 0);
        if ((protocol & Features.P_MQ) != 0) {
            queuesMax = (int) connection.getU64(VhostRequest.GET_QUEUE_NUM);
        }
    }

    private void openBackendChannel() throws IOException {
        UnixSocket[] pair = UnixSocket.pair();
        try (UnixSocket theirs = pair[1]) {
            backendChannel = FrontEndConnection.over(pair[0]);
            connection.set(VhostRequest.SET_BACKEND_REQ_FD, 0, theirs.fd());
        }
    }

    private void makeQueues() throws IOException {
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new GuestQueue(memory, i, options.queueSize(),
                    (features & Features.RING_EVENT_IDX) != 0,
                    (features & Features.RING_INDIRECT) != 0,
                    options.segmentsMax() + EXTRA_DESCRIPTORS);
        }
    }

    /** Reads the configuration space again. */
    public BlkConfig readConfig() throws IOException {
        MemorySegment payload = connection.payload();
        payload.asSlice(0, 12 + BlkConfig.BYTES).fill((byte) 0);
        payload.set(U32, 4, BlkConfig.BYTES);
        int bytes = connection.call(VhostRequest.GET_CONFIG, 12 + BlkConfig.BYTES);
        if (bytes != 12 + BlkConfig.BYTES) {
            throw new FrontEndException("GET_CONFIG of " + BlkConfig.BYTES
                    + " bytes was refused (reply of " + bytes + " bytes)");
        }
        config = BlkConfig.decode(connection.reply().asSlice(12, BlkConfig.BYTES));
        return config;
    }

    /** Switches the cache mode of the device: true is write-back. */
    public void setWriteback(boolean writeback) throws IOException {
        MemorySegment payload = connection.payload();
        payload.set(U32, 0, BlkConfig.WRITEBACK_OFFSET);
        payload.set(U32, 4, 1);
        payload.set(U32, 8, 0);
        payload.set(ValueLayout.JAVA_BYTE, 12, (byte) (writeback ? 1 : 0));
        connection.set(VhostRequest.SET_CONFIG, 13);
    }

    /** Shows memory and rings to the device; from now on it serves kicks. */
    public void start() throws IOException {
        connection.setU64(VhostRequest.SET_FEATURES, features);
        if ((protocol & Features.P_INFLIGHT_SHMFD) != 0) {
            passInflight();
        }
        passMemory();
        for (GuestQueue queue : queues) {
            startQueue(queue);
        }
        if ((features & Features.PROTOCOL_FEATURES) != 0) {
            for (GuestQueue queue : queues) {
                connection.setVring(VhostRequest.SET_VRING_ENABLE, queue.index(), 1);
            }
        }
        started = true;
    }

    /** {@code struct vhost_user_inflight}: 0 size | 8 offset | 16 queues | 18 queue size. */
    private void passInflight() throws IOException {
        if (inflightFd < 0) {
            MemorySegment ask = connection.payload();
            ask.asSlice(0, 24).fill((byte) 0);
            ask.set(U16, 16, (short) queues.length);
            ask.set(U16, 18, (short) options.queueSize());
            int bytes = connection.call(VhostRequest.GET_INFLIGHT_FD, 20);
            inflightFd = connection.takeFd();
            if (bytes < 16 || inflightFd < 0) {
                throw new FrontEndException("GET_INFLIGHT_FD gave no memory");
            }
            inflightBytes = connection.reply().get(U64, 0);
            inflightOffset = connection.reply().get(U64, 8);
        }
        MemorySegment give = connection.payload();
        give.set(U64, 0, inflightBytes);
        give.set(U64, 8, inflightOffset);
        give.set(U16, 16, (short) queues.length);
        give.set(U16, 18, (short) options.queueSize());
        connection.set(VhostRequest.SET_INFLIGHT_FD, 20, inflightFd);
    }

    private void passMemory() throws IOException {
        MemorySegment payload = connection.payload();
        if ((protocol & Features.P_CONFIGURE_MEM_SLOTS) != 0) {
            for (int i = 0; i < memory.regionCount(); i++) {
                payload.set(U64, 0, 0);
                region(payload, 8, memory.region(i));
                int request = VhostRequest.ADD_MEM_REG;
                connection.set(request, 40, memory.fd());
            }
            return;
        }
        int[] fds = new int[memory.regionCount()];
        payload.set(U32, 0, fds.length);
        payload.set(U32, 4, 0);
        for (int i = 0; i < fds.length; i++) {
            region(payload, 8 + 32L * i, memory.region(i));
            fds[i] = memory.fd();
        }
        connection.set(VhostRequest.SET_MEM_TABLE, 8 + 32 * fds.length, fds);
    }

    private static void region(MemorySegment payload, long at, GuestMemory.Region region) {
        payload.set(U64, at, region.guestAddress());
        payload.set(U64, at + 8, region.bytes());
        payload.set(U64, at + 16, region.userAddress());
        payload.set(U64, at + 24, region.fileOffset());
    }

    /** Passes one ring to the device, not yet enabled. */
    public void startQueue(GuestQueue queue) throws IOException {
        connection.setVring(VhostRequest.SET_VRING_NUM, queue.index(), queue.size());
        connection.setVring(VhostRequest.SET_VRING_BASE, queue.index(), queue.deviceUsedIndex());
        MemorySegment payload = connection.payload();
        payload.set(U32, 0, queue.index());
        payload.set(U32, 4, 0);
        payload.set(U64, 8, memory.userAddress(queue.descriptorsOffset()));
        payload.set(U64, 16, memory.userAddress(queue.usedOffset()));
        payload.set(U64, 24, memory.userAddress(queue.availableOffset()));
        payload.set(U64, 32, 0);
        connection.set(VhostRequest.SET_VRING_ADDR, 40);
        payload.set(U64, 0, queue.index());
        connection.set(VhostRequest.SET_VRING_KICK, 8, queue.kickFd().fd());
        payload.set(U64, 0, queue.index());
        connection.set(VhostRequest.SET_VRING_CALL, 8, queue.callFd().fd());
    }

    /**
     * Stops one ring.
     *
     * @return the next index the device would have looked at
     */
    public int stopQueue(GuestQueue queue) throws IOException {
        connection.payload().set(U32, 0, queue.index());
        connection.payload().set(U32, 4, 0);
        int bytes = connection.call(VhostRequest.GET_VRING_BASE, 8);
        if (bytes != 8) {
            throw new FrontEndException("GET_VRING_BASE of queue " + queue.index() + " gave "
                    + bytes + " bytes");
        }
        return connection.reply().get(U32, 4);
    }

    /**
     * Stops all rings; the device has completed everything it took.
     *
     * @throws FrontEndException if a ring with nothing in flight did not end where ours does
     */
    public void stop() throws IOException {
        started = false;
        for (GuestQueue queue : queues) {
            int base = stopQueue(queue);
            if (queue.inFlight() == 0 && base != queue.publishedIndex()) {
                throw new FrontEndException("queue " + queue.index() + " stopped at " + base
                        + ", " + queue.publishedIndex() + " requests were shown");
            }
        }
    }

    /**
     * Connects again after the back-end went away, and passes everything on as it is.
     *
     * @throws FrontEndException also if the new back-end differs in what was negotiated
     */
    public void reconnect(long timeoutNs) throws IOException {
        if (!survivesReconnect()) {
            throw new FrontEndException("cannot reconnect: INFLIGHT_SHMFD is not negotiated");
        }
        long end = System.nanoTime() + timeoutNs;
        while (true) {
            closeConnection();
            try {
                connection = FrontEndConnection.connect(options.socket(),
                        Math.max(0, end - System.nanoTime()));
                resume();
                return;
            } catch (IOException e) { // it may go away again in between
                if (System.nanoTime() - end >= 0) {
                    throw e;
                }
            }
        }
    }

    private void resume() throws IOException {
        long hadFeatures = features;
        long hadProtocol = protocol;
        negotiate();
        if (features != hadFeatures || protocol != hadProtocol) {
            throw new FrontEndException("the back-end came back with other features");
        }
        start();
        for (GuestQueue queue : queues) {
            queue.kick();
            queue.interrupt();
        }
    }

    /** Whether {@link #reconnect} can keep the requests in flight. */
    public boolean survivesReconnect() {
        return (protocol & Features.P_INFLIGHT_SHMFD) != 0;
    }

    /**
     * Takes what the back-end has to say, such as a changed configuration, which is then read.
     *
     * @param timeoutNs how long to wait for something
     * @return whether the back-end is still connected
     */
    public boolean serveBackend(long timeoutNs) throws IOException {
        if (backendChannel == null) {
            return (SysEvent.poll(connection.fd(), SysEvent.RDHUP, timeoutNs)
                    & (SysEvent.RDHUP | SysEvent.HUP | SysEvent.ERR)) == 0;
        }
        int seen = SysEvent.poll(backendChannel.fd(), SysEvent.IN | SysEvent.RDHUP, timeoutNs);
        if (!connection.isAlive()) {
            return false;
        }
        if (seen > 0) {
            int request = backendChannel.pollRequest();
            if (request == VhostRequest.BACKEND_CONFIG_CHANGE) {
                readConfig();
            } else if (request < 0) {
                backendChannel.close();
                backendChannel = null;
            }
        }
        return true;
    }

    /** Options it was made with. */
    public DeviceOptions options() {
        return options;
    }

    /** Memory of the guest. */
    public GuestMemory memory() {
        return memory;
    }

    /** Queue {@code index}. */
    public GuestQueue queue(int index) {
        return queues[index];
    }

    /** Number of queues driven. */
    public int queueCount() {
        return queues.length;
    }

    /** Most queues of the device. */
    public int queuesMax() {
        return queuesMax;
    }

    /** What the device offers. */
    public long deviceFeatures() {
        return deviceFeatures;
    }

    /** What is in use. */
    public long features() {
        return features;
    }

    /** What the back-end offers. */
    public long deviceProtocol() {
        return deviceProtocol;
    }

    /** What of the protocol is in use. */
    public long protocol() {
        return protocol;
    }

    /** The configuration as last read, or null if the back-end gives none. */
    public BlkConfig config() {
        return config;
    }

    /** The connection, for messages of a test's own. */
    public FrontEndConnection connection() {
        return connection;
    }

    private void closeConnection() {
        if (backendChannel != null) {
            backendChannel.close();
            backendChannel = null;
        }
        if (connection != null) {
            connection.close();
            connection = null;
        }
    }

    /** Whether the device serves the rings. */
    public boolean isStarted() {
        return started;
    }

    @Override
    public void close() {
        closeConnection();
        Fds.close(inflightFd);
        inflightFd = -1;
        for (GuestQueue queue : queues) {
            if (queue != null) {
                queue.close();
            }
        }
        memory.close();
    }
}
