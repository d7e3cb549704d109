package io.backplane.export.vhostuser;

import static io.backplane.virtio.LittleEndian.U32;
import static io.backplane.virtio.LittleEndian.U32_MASK;
import static io.backplane.virtio.LittleEndian.U64;

import io.backplane.aio.AioContext;
import io.backplane.aio.AioTimer;
import io.backplane.aio.CoMutex;
import io.backplane.aio.Suspends;
import io.backplane.hostio.HostIoException;
import io.backplane.hostio.posix.EventFd;
import io.backplane.hostio.posix.Fds;
import io.backplane.hostio.posix.MemFd;
import io.backplane.hostio.posix.UnixSocket;
import io.backplane.virtio.Health;
import io.backplane.virtio.ViolationException;
import io.backplane.virtio.VirtioFeatures;
import io.backplane.virtio.device.VirtioDevice;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The conversation with one front-end, from connect to disconnect; vhost-user protocol, "Front-end
 * message types". Global state: one coroutine in main answers message after message.
 *
 * <p>Anything the protocol does not allow, and anything the device finds wrong in a ring, ends the
 * connection: the protocol has no other way to say that a device is broken. When it ends, however
 * it ends, the queues are stopped, their requests in flight are finished, and the device is reset.
 * What the host refuses (a mapping) is a negative acknowledgement where the front-end asked for
 * one, and ends the connection where it did not.
 */
final class FrontEnd {
    private static final long PROTOCOL_FEATURES = 1L << 30;
    private static final long MQ = 1L << 0;
    private static final long REPLY_ACK = 1L << 3;
    private static final long BACKEND_REQ = 1L << 5;
    private static final long CONFIG = 1L << 9;
    private static final long INFLIGHT_SHMFD = 1L << 12;
    private static final long RESET_DEVICE = 1L << 13;
    private static final long CONFIGURE_MEM_SLOTS = 1L << 15;
    private static final long OFFERED = MQ | REPLY_ACK | BACKEND_REQ | CONFIG | INFLIGHT_SHMFD
            | RESET_DEVICE | CONFIGURE_MEM_SLOTS;
    private static final long RING_INDEX_MASK = 0xff;
    private static final long NO_FD = 1L << 8;
    private static final long SIGNALS_INTERVAL_NS = 200_000_000L;

    // Immutable
    private final AioContext main;
    private final DeviceSlot slot;
    private final List<Vring> rings;
    private final MessageChannel channel;
    private final Health health = new Health(this::broken);
    private final FrontEndMemory memory = new FrontEndMemory();
    private final AioTimer signals;

    // Global state
    private long features;
    private long protocolFeatures;
    private InflightBuffer inflight;
    private BackendChannel backendChannel;
    private String end;
    private boolean leaving;

    /** Takes over {@code channel}; the rings are stopped and reset. */
    FrontEnd(AioContext main, DeviceSlot slot, MessageChannel channel) {
        this.main = main;
        this.slot = slot;
        this.rings = slot.rings();
        this.channel = channel;
        this.signals = main.newPeriodicTimer("signals of a front-end",
                this::checkSignals);
        signals.armAt(main.nowNs() + SIGNALS_INTERVAL_NS);
    }

    /** A call eventfd that blocks and is full must not hold an I/O thread, which serves others. */
    private void checkSignals() {
        for (Vring ring : rings) {
            if (ring.releaseStuckSignal()) {
                health.fail("call eventfd does not take signals");
            }
        }
        signals.armAt(main.nowNs() + SIGNALS_INTERVAL_NS);
    }

    /** Talks until the end; returns why it ended, null if the front-end just left. */
    @Suspends
    String awaitEnd() {
        try {
            MessageHeader header;
            while ((header = channel.awaitHeader()) != null) {
                awaitHandle(header);
            }
        } catch (ViolationException | HostIoException e) {
            end = end == null ? e.getMessage() : end;
        } catch (InternalError vanished) {
            end = "shared memory has vanished";
        } finally {
            awaitDisconnect();
            signals.close();
        }
        return end;
    }

    /** Ends the conversation soon. */
    void disconnect() {
        leaving = true;
        channel.shutdown();
        slot.wake();
    }

    /** Ends the conversation soon, for {@code reason}. */
    void disconnect(String reason) {
        end = reason;
        disconnect();
    }

    /** The next front-end finds requests in flight where they are noted, if there is a place. */
    private void retractIfKept() {
        if (inflight != null) {
            slot.retract(true);
        }
    }

    /** As {@link #disconnect()}, and nothing that has not begun holds it up if it is not lost. */
    void leave() {
        disconnect();
        retractIfKept();
    }

    /** What driver and device agreed on; 0: nothing yet. */
    long features() {
        return features;
    }

    /** Starts the rings that are to run, as another device is there. The slot's lock is held. */
    @Suspends
    void awaitResume() {
        try {
            awaitStartAll(rings);
        } catch (ViolationException e) {
            broken(e.getMessage());
        } catch (InternalError vanished) {
            broken("shared memory has vanished");
        }
    }

    /** Tells the front-end that configuration space has changed. */
    void configChanged() {
        if (backendChannel != null) {
            backendChannel.configChanged();
        }
    }

    private void broken(String reason) {
        main.schedule(() -> {
            end = "device is broken: " + reason;
            for (Vring ring : rings) {
                ring.signalError();
            }
            disconnect();
        });
    }

    @Suspends
    private void awaitDisconnect() {
        channel.dropFds();
        channel.close();
        retractIfKept();
        try (CoMutex.Held _ = slot.awaitLock()) {
            retractIfKept(); // a change of the device may have ended it
            for (Vring ring : rings) {
                ring.awaitStop();
                ring.reset();
            }
            slot.retract(false);
            features = 0;
            slot.resetOrFail();
            slot.frontEnd(null);
        }
        memory.close();
        if (inflight != null) {
            inflight.close();
            inflight = null;
        }
        if (backendChannel != null) {
            backendChannel.close();
            backendChannel = null;
        }
    }

    @Suspends
    private void awaitHandle(MessageHeader header) throws ViolationException, HostIoException {
        RequestCode code = RequestCode.of(header.request());
        if (code == null || !header.isRequest() || !code.allowsBytes(header.bytes())) {
            throw new ViolationException("message " + header.request() + " with flags 0x"
                    + Integer.toHexString(header.flags()) + " of " + header.bytes() + " bytes");
        }
        MemorySegment payload = channel.awaitPayload(header.bytes());
        if (channel.testAndClearFdsCut() || !code.allowsFds(channel.fdCount())) {
            throw new ViolationException(code + " with " + channel.fdCount() + " descriptors");
        }
        while (!awaitTry(header, code, payload)) {
            // its device has failed over it: the next one has to answer
        }
    }

    @Suspends
    private boolean awaitTry(MessageHeader header, RequestCode code, MemorySegment payload)
            throws ViolationException, HostIoException {
        try (CoMutex.Held _ = slot.awaitServing(() -> leaving)) {
            if (slot.device() != null) {
                awaitHandle(header, code, payload);
            }
            return true;
        } catch (GuardedDevice.Fault fault) {
            slot.owner().awaitFailed(fault.device(), fault.getCause());
            return false;
        }
    }

    @Suspends
    private void awaitHandle(MessageHeader header, RequestCode code, MemorySegment payload)
            throws ViolationException, HostIoException {
        if (code.hasReply()) {
            awaitAnswer(code, payload);
            return;
        }
        boolean good;
        try {
            good = awaitDo(code, payload);
        } catch (HostIoException e) {
            if (!acknowledges(header)) {
                throw e;
            }
            good = false;
        } finally {
            channel.dropFds();
        }
        if (acknowledges(header)) {
            channel.reply().set(U64, 0, good ? 0 : 1);
            channel.awaitReply(code, 8, null);
        }
    }

    private boolean acknowledges(MessageHeader header) {
        return header.needsReply() && (protocolFeatures & REPLY_ACK) != 0;
    }

    @Suspends
    private void awaitAnswer(RequestCode code, MemorySegment payload)
            throws ViolationException, HostIoException {
        switch (code) {
            case GET_FEATURES -> awaitReplyU64(code, offered());
            case GET_PROTOCOL_FEATURES -> awaitReplyU64(code, OFFERED);
            case GET_QUEUE_NUM -> awaitReplyU64(code, rings.size());
            case GET_MAX_MEM_SLOTS -> awaitReplyU64(code, FrontEndMemory.SLOT_COUNT);
            case GET_CONFIG -> awaitReplyConfig(payload);
            case GET_INFLIGHT_FD -> awaitReplyInflight(payload);
            case GET_VRING_BASE -> awaitReplyBase(payload);
            default -> throw new AssertionError(code);
        }
    }

    private long offered() {
        return offered(slot.device());
    }

    /** All features on offer with {@code device}. */
    static long offered(VirtioDevice device) {
        return device.features() | VirtioFeatures.VERSION_1 | VirtioFeatures.INDIRECT_DESC
                | VirtioFeatures.EVENT_IDX | PROTOCOL_FEATURES;
    }

    @Suspends
    private void awaitReplyU64(RequestCode code, long value) throws HostIoException {
        channel.reply().set(U64, 0, value);
        channel.awaitReply(code, 8, null);
    }

    @Suspends
    private void awaitReplyConfig(MemorySegment payload) throws HostIoException {
        ConfigMessage access = ConfigMessage.decode(payload);
        if (!access.fits(payload.byteSize())) {
            channel.awaitReply(RequestCode.GET_CONFIG, 0, null); // the protocol's way to refuse
            return;
        }
        byte[] bytes = new byte[(int) access.bytes()];
        slot.device().readConfig((int) access.offset(), bytes);
        MemorySegment.copy(bytes, 0, channel.reply(), ValueLayout.JAVA_BYTE,
                ConfigMessage.HEADER_BYTES, bytes.length);
        channel.awaitReply(RequestCode.GET_CONFIG, payload.byteSize(), null);
    }

    @Suspends
    private void awaitReplyInflight(MemorySegment payload)
            throws ViolationException, HostIoException {
        InflightMessage wish = InflightMessage.decode(payload);
        InflightMessage shape = InflightBuffer.shape(wish.queueCount(), wish.queueSize(),
                rings.size());
        try (MemFd fd = InflightBuffer.create(shape)) {
            shape.encode(channel.reply());
            channel.awaitReply(RequestCode.GET_INFLIGHT_FD, payload.byteSize(),
                    new int[] {fd.fd()});
        }
    }

    @Suspends
    private void awaitReplyBase(MemorySegment payload) throws ViolationException, HostIoException {
        long index = payload.get(U32, 0) & U32_MASK;
        Vring ring = ring(index);
        ring.awaitStop();
        ring.closeKick();
        channel.reply().set(U32, 0, (int) index);
        channel.reply().set(U32, 4, ring.base());
        channel.awaitReply(RequestCode.GET_VRING_BASE, 8, null);
    }

    private Vring ring(long index) throws ViolationException {
        if (index >= rings.size()) {
            throw new ViolationException("queue " + index + " of " + rings.size());
        }
        return rings.get((int) index);
    }

    @Suspends
    private boolean awaitDo(RequestCode code, MemorySegment payload)
            throws ViolationException, HostIoException {
        switch (code) {
            case SET_FEATURES -> awaitSetFeatures(payload.get(U64, 0));
            case SET_OWNER, RESET_OWNER -> { }
            case SET_MEM_TABLE -> awaitSetMemory(payload);
            case SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE, SET_VRING_ENABLE ->
                awaitSetRing(code, payload);
            case SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ERR ->
                awaitSetNotifier(code, payload.get(U64, 0));
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(payload.get(U64, 0));
            case SET_BACKEND_REQ_FD -> setBackendChannel();
            case SET_CONFIG -> {
                return setConfig(payload);
            }
            case SET_INFLIGHT_FD -> awaitSetInflight(payload);
            case RESET_DEVICE -> awaitReset();
            case ADD_MEM_REG -> awaitAddMemory(MemoryRegionMessage.decode(payload, 8));
            case REM_MEM_REG -> {
                return awaitRemoveMemory(MemoryRegionMessage.decode(payload, 8));
            }
            default -> throw new AssertionError(code);
        }
        return true;
    }

    @Suspends
    private void awaitSetFeatures(long accepted) throws ViolationException {
        if ((accepted & ~offered()) != 0) {
            throw new ViolationException("features 0x" + Long.toHexString(accepted)
                    + " are more than the offered 0x" + Long.toHexString(offered()));
        }
        if (accepted == features) {
            return;
        }
        List<Vring> stopped = awaitStopAll();
        features = accepted;
        slot.device().acceptFeatures(accepted);
        awaitStartAll(stopped);
    }

    private void setProtocolFeatures(long accepted) throws ViolationException {
        if ((accepted & ~OFFERED) != 0) {
            throw new ViolationException("protocol features 0x" + Long.toHexString(accepted)
                    + " are more than the offered 0x" + Long.toHexString(OFFERED));
        }
        protocolFeatures = accepted;
    }

    @Suspends
    private void awaitSetMemory(MemorySegment payload) throws ViolationException, HostIoException {
        long count = payload.get(U32, 0) & U32_MASK;
        if (payload.byteSize() != 8 + count * MemoryRegionMessage.BYTES
                || channel.fdCount() != count) {
            throw new ViolationException("SET_MEM_TABLE of " + count + " regions in "
                    + payload.byteSize() + " bytes with " + channel.fdCount() + " descriptors");
        }
        MemoryRegionMessage[] table = new MemoryRegionMessage[(int) count];
        for (int i = 0; i < count; i++) {
            table[i] = MemoryRegionMessage.decode(payload, 8 + (long) i * MemoryRegionMessage.BYTES);
        }
        List<Vring> stopped = awaitStopAll();
        memory.close();
        for (MemoryRegionMessage region : table) {
            add(region);
        }
        awaitStartAll(stopped);
    }

    private void add(MemoryRegionMessage region) throws ViolationException, HostIoException {
        int fd = channel.takeFd();
        try {
            memory.add(region, fd);
        } finally {
            Fds.close(fd);
        }
    }

    @Suspends
    private void awaitAddMemory(MemoryRegionMessage region)
            throws ViolationException, HostIoException {
        List<Vring> stopped = awaitStopAll();
        add(region);
        awaitStartAll(stopped);
    }

    @Suspends
    private boolean awaitRemoveMemory(MemoryRegionMessage region) throws ViolationException {
        List<Vring> stopped = awaitStopAll();
        boolean found = memory.remove(region);
        awaitStartAll(stopped);
        return found;
    }

    @Suspends
    private void awaitSetInflight(MemorySegment payload)
            throws ViolationException, HostIoException {
        InflightMessage kept = InflightMessage.decode(payload);
        List<Vring> stopped = awaitStopAll();
        if (inflight != null) {
            inflight.close();
            inflight = null;
        }
        int fd = channel.takeFd();
        try {
            inflight = InflightBuffer.map(kept, fd, rings.size());
        } finally {
            Fds.close(fd);
        }
        awaitStartAll(stopped);
    }

    @Suspends
    private void awaitReset() {
        awaitStopAll();
        for (Vring ring : rings) {
            ring.closeKick();
            ring.enabled(false);
        }
        features = 0;
        slot.reset();
    }

    @Suspends
    private List<Vring> awaitStopAll() {
        List<Vring> stopped = new ArrayList<>();
        for (Vring ring : rings) {
            if (ring.isRunning()) {
                ring.awaitStop();
                stopped.add(ring);
            }
        }
        return stopped;
    }

    @Suspends
    private void awaitStartAll(List<Vring> stopped) throws ViolationException {
        for (Vring ring : stopped) {
            awaitFollow(ring);
        }
    }

    /** Starts or stops a ring so that it runs exactly if the front-end wants it to. */
    @Suspends
    private void awaitFollow(Vring ring) throws ViolationException {
        boolean enabled = ring.isEnabled() || (features & PROTOCOL_FEATURES) == 0;
        if (enabled && ring.canStart()) {
            if (!ring.isRunning()) {
                ring.awaitStart(memory, inflight, features, health);
            }
        } else {
            ring.awaitStop();
        }
    }

    @Suspends
    private void awaitSetRing(RequestCode code, MemorySegment payload) throws ViolationException {
        Vring ring = ring(payload.get(U32, 0) & U32_MASK);
        long number = payload.get(U32, 4) & U32_MASK;
        if (code == RequestCode.SET_VRING_ENABLE) {
            if (number > 1) {
                throw new ViolationException("SET_VRING_ENABLE to " + number);
            }
            ring.enabled(number != 0);
            awaitFollow(ring);
            return;
        }
        VringAddressMessage where = code == RequestCode.SET_VRING_ADDR
                ? VringAddressMessage.decode(payload) : null;
        boolean ran = ring.isRunning();
        ring.awaitStop();
        if (where != null) {
            ring.addresses(where);
        } else if (number > 0xffff) {
            throw new ViolationException(code + " to " + number);
        } else if (code == RequestCode.SET_VRING_NUM) {
            ring.size((int) number);
        } else {
            ring.base((int) number);
        }
        if (ran) {
            awaitFollow(ring);
        }
    }

    @Suspends
    private void awaitSetNotifier(RequestCode code, long word)
            throws ViolationException, HostIoException {
        Vring ring = ring(word & RING_INDEX_MASK);
        if ((word & ~(RING_INDEX_MASK | NO_FD)) != 0
                || ((word & NO_FD) == 0) != (channel.fdCount() == 1)) {
            throw new ViolationException(code + " of 0x" + Long.toHexString(word) + " with "
                    + channel.fdCount() + " descriptors");
        }
        EventFd notifier = (word & NO_FD) == 0 ? adopt(code) : null;
        switch (code) {
            case SET_VRING_CALL -> ring.awaitCall(notifier);
            case SET_VRING_ERR -> ring.error(notifier);
            default -> {
                ring.awaitStop();
                ring.kick(notifier);
                if (notifier == null) {
                    throw new ViolationException("SET_VRING_KICK without a descriptor: polling for"
                            + " kicks is not offered");
                }
                awaitFollow(ring);
            }
        }
    }

    private EventFd adopt(RequestCode code) throws ViolationException {
        int fd = channel.takeFd();
        try {
            return EventFd.adopt(fd);
        } catch (HostIoException e) {
            Fds.close(fd);
            throw new ViolationException(code + ": " + e.getMessage());
        }
    }

    private void setBackendChannel() throws ViolationException, HostIoException {
        int fd = channel.takeFd();
        if (!Fds.isSocket(fd)) {
            String what = Fds.link(fd);
            Fds.close(fd);
            throw new ViolationException("SET_BACKEND_REQ_FD with '" + what + "', not a socket");
        }
        if (backendChannel != null) {
            backendChannel.close();
        }
        backendChannel = new BackendChannel(UnixSocket.adopt(fd));
    }

    private boolean setConfig(MemorySegment payload) throws ViolationException {
        ConfigMessage access = ConfigMessage.decode(payload);
        if (!access.fits(payload.byteSize())) {
            throw new ViolationException("SET_CONFIG of " + access.bytes() + " bytes at "
                    + access.offset() + " in a message of " + payload.byteSize());
        }
        byte[] bytes = payload.asSlice(ConfigMessage.HEADER_BYTES).toArray(ValueLayout.JAVA_BYTE);
        return slot.writeConfig((int) access.offset(), bytes);
    }
}
