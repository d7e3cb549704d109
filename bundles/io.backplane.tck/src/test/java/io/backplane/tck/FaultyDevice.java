package io.backplane.tck;

import static io.backplane.virtio.LittleEndian.U8;

import io.backplane.aio.AioContext;
import io.backplane.memory.IoVector;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueHandler;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.VirtQueueElement;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceModel;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioHost;

/** Sends back what it is sent, has one byte of configuration; with a bug, not always. */
final class FaultyDevice implements VirtioDevice, QueueHandler {
    enum Bug {
        NONE, THROWS_AT_SHORT_REQUESTS, WRITES_TO_READABLE_MEMORY, CLAIMS_TOO_MUCH, FORGETS_REQUESTS,
        LOSES_CONFIGURATION, THROWS_AT_FAR_CONFIGURATION, OFFERS_RING_FEATURES
    }

    /** Makes them. */
    record Model(Bug bug) implements VirtioDeviceModel {
        @Override
        public String type() {
            return "faulty";
        }

        @Override
        public Class<? extends Record> optionsType() {
            return Options.class;
        }

        @Override
        public VirtioDevice create(VirtioDeviceRequest request) {
            return new FaultyDevice(bug);
        }

        @Override
        public VirtioDevice thaw(VirtioDeviceRequest request, StateRecord state)
                throws io.backplane.state.StateException {
            FaultyDevice device = new FaultyDevice(bug);
            device.config = bug == Bug.LOSES_CONFIGURATION ? 0 : (byte) state.number("config");
            return device;
        }
    }

    /** None. */
    record Options() {
    }

    private final Bug bug;
    private QueueRunner runner;
    private byte config;

    FaultyDevice(Bug bug) {
        this.bug = bug;
    }

    @Override
    public int deviceId() {
        return 4;
    }

    @Override
    public long features() {
        return bug == Bug.OFFERS_RING_FEATURES ? 1L << 29 : 1;
    }

    @Override
    public int queueCount() {
        return 1;
    }

    @Override
    public void attach(VirtioHost host) {
        // nothing to tell
    }

    @Override
    public QueueRunner openQueue(int index, AioContext home) {
        runner = new QueueRunner(home, "faulty", this);
        return runner;
    }

    @Override
    public int configBytes() {
        return 1;
    }

    @Override
    public void readConfig(int offset, byte[] to) {
        if (to.length > 0 && (offset == 0 || bug == Bug.THROWS_AT_FAR_CONFIGURATION)) {
            to[offset] = config;
        }
    }

    @Override
    public boolean writeConfig(int offset, byte[] from) {
        if (offset != 0 || from.length != 1) {
            return false;
        }
        config = from[0];
        return true;
    }

    @Override
    public void acceptFeatures(long features) {
        // no matter
    }

    @Override
    public void reset() {
        config = 0;
    }

    @Override
    public StateRecord freeze() {
        return StateRecord.builder("faulty", 1).number("config", config).build();
    }

    @Override
    public void awaitClose() {
        runner.close();
    }

    @Override
    public void handle(VirtQueueElement element) {
        IoVector in = element.readable();
        IoVector out = element.writable();
        long bytes = Math.min(in.bytes(), out.bytes());
        if (bytes == 0 && bug == Bug.THROWS_AT_SHORT_REQUESTS) {
            throw new IndexOutOfBoundsException("planted");
        }
        for (long i = 0; i < bytes; i++) {
            byte[] one = new byte[1];
            in.copyTo(i, java.lang.foreign.MemorySegment.ofArray(one), 0, 1);
            out.copyFrom(i, java.lang.foreign.MemorySegment.ofArray(one), 0, 1);
        }
        if (bug == Bug.WRITES_TO_READABLE_MEMORY && in.count() > 0) {
            in.segment(0).set(U8, in.offset(0), (byte) (in.segment(0).get(U8, in.offset(0)) + 1));
        }
        if (bug == Bug.FORGETS_REQUESTS && bytes % 7 == 1) {
            return;
        }
        element.complete(bug == Bug.CLAIMS_TOO_MUCH ? bytes + 1 : bytes);
    }
}
