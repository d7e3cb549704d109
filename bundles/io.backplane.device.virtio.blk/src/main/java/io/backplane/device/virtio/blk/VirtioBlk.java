package io.backplane.device.virtio.blk;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.block.BlockLimits;
import io.backplane.block.RequestFlags;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.block.backend.BlockDevOpsPublisher;
import io.backplane.state.StateRecord;
import io.backplane.virtio.QueueRunner;
import io.backplane.virtio.device.VirtioDevice;
import io.backplane.virtio.device.VirtioDeviceRequest;
import io.backplane.virtio.device.VirtioHost;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A virtio block device; virtio 1.2, 5.2.
 *
 * <p>It is global state, owned by main; its queues belong to their home contexts. A drained section
 * revokes the run token of every queue, also of those that are started inside it.
 *
 * <p>Write cache (5.2.5, 5.2.6.2): with CONFIG_WCE the {@code writeback} byte says it; else the
 * cache is on exactly if FLUSH was negotiated. With the cache off, each write is a FUA write.
 */
final class VirtioBlk implements VirtioDevice, BlockDevOps {
    /** Most ranges of one discard or write-zeroes. */
    static final int RANGE_COUNT_MAX = 32;
    /** Longest range of a discard or write-zeroes, in sectors: 1 GiB. */
    static final int RANGE_SECTORS_MAX = 1 << 21;

    static final long F_SEG_MAX = 1L << 2;
    static final long F_RO = 1L << 5;
    static final long F_BLK_SIZE = 1L << 6;
    static final long F_FLUSH = 1L << 9;
    static final long F_TOPOLOGY = 1L << 10;
    static final long F_CONFIG_WCE = 1L << 11;
    static final long F_MQ = 1L << 12;
    static final long F_DISCARD = 1L << 13;
    static final long F_WRITE_ZEROES = 1L << 14;

    private static final int DEVICE_ID = 2;
    /** Data segments of a request: with header and status it fits a queue of 128. */
    private static final int SEGMENT_COUNT_MAX = 126;
    private static final int ID_BYTES = 20;

    // Immutable
    private final BlockBackend backend;
    private final VirtioDeviceRequest request;
    private final VirtioBlkOptions options;
    private final MemorySegment serial;
    private final BlockDevOpsPublisher.Publication publication;

    // Global state
    private final List<QueueRunner> runners = new ArrayList<>();
    private VirtioHost host;
    private int drainDepth;
    private long features;
    private boolean writeBack;
    private long announcedSectors;

    // Global state writes, any thread reads
    private volatile int writeFlags;

    VirtioBlk(VirtioDeviceRequest request, BlockDevOpsPublisher publisher) {
        this.request = request;
        this.options = (VirtioBlkOptions) request.options();
        this.backend = request.backend();
        this.serial = serial(options.serial() == null ? "" : options.serial());
        this.announcedSectors = backend.length() >>> 9;
        reset();
        this.publication = publisher.publish(backend.name(), this);
    }

    private static MemorySegment serial(String given) {
        byte[] text = given.getBytes(StandardCharsets.UTF_8);
        MemorySegment bytes = Arena.ofAuto().allocate(ID_BYTES);
        MemorySegment.copy(text, 0, bytes, java.lang.foreign.ValueLayout.JAVA_BYTE, 0,
                Math.min(text.length, ID_BYTES));
        return bytes;
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public long features() {
        long offered = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY | F_CONFIG_WCE;
        if (options.queueCount() > 1) {
            offered |= F_MQ;
        }
        if (!backend.writable()) {
            return offered | F_RO;
        }
        return offered | (options.offersDiscard() ? F_DISCARD : 0)
                | (options.offersWriteZeroes() ? F_WRITE_ZEROES : 0);
    }

    @Override
    public int queueCount() {
        return options.queueCount();
    }

    @Override
    public void attach(VirtioHost newHost) {
        host = newHost;
    }

    @Override
    public QueueRunner openQueue(int index, AioContext home) {
        QueueRunner runner = new QueueRunner(home, request.id() + " queue " + index,
                new VirtioBlkQueue(this, backend, (int) options.blockBytes(), serial));
        for (int i = 0; i < drainDepth; i++) {
            runner.token().revoke();
        }
        runners.add(runner);
        return runner;
    }

    @Override
    public int configBytes() {
        return VirtioBlkConfig.BYTES;
    }

    @Override
    public void readConfig(int offset, byte[] to) {
        byte[] all = config().encode();
        if (offset < all.length) {
            System.arraycopy(all, offset, to, 0, Math.min(to.length, all.length - offset));
        }
    }

    private VirtioBlkConfig config() {
        BlockLimits limits = backend.limits();
        int block = (int) options.blockBytes();
        int sectors = block >> 9;
        int physical = options.physicalBlockSize() != null
                ? options.physicalBlockSize().intValue()
                : Math.max(block, Integer.highestOneBit(limits.requestAlignment()));
        long optimal = limits.optimalTransfer() / block;
        long discardAlign = Math.max(block, Math.min(limits.discardAlignment(), 1 << 30)) >> 9;
        int rangeMax = RANGE_SECTORS_MAX / sectors * sectors;
        return new VirtioBlkConfig(backend.length() >>> 9, SEGMENT_COUNT_MAX, block,
                Integer.numberOfTrailingZeros(physical / block), 1,
                (int) Math.min(optimal, Integer.MAX_VALUE), writeBack, options.queueCount(),
                rangeMax, RANGE_COUNT_MAX, (int) discardAlign, rangeMax, RANGE_COUNT_MAX,
                backend.unmaps());
    }

    @Override
    public boolean writeConfig(int offset, byte[] from) {
        if (offset != VirtioBlkConfig.WRITEBACK_OFFSET || from.length != 1) {
            return false;
        }
        writeBack = (from[0] & 1) != 0;
        updateWriteFlags();
        return true;
    }

    @Override
    public void acceptFeatures(long accepted) {
        features = accepted;
        updateWriteFlags();
    }

    @Override
    public void reset() {
        features = F_FLUSH | F_CONFIG_WCE;
        writeBack = !options.writeThrough();
        updateWriteFlags();
    }

    private void updateWriteFlags() {
        boolean cached = (features & F_CONFIG_WCE) != 0 ? writeBack : (features & F_FLUSH) != 0;
        writeFlags = cached && !options.writeThrough() ? 0 : RequestFlags.FUA;
    }

    /** Flags of every write at the moment. */
    @AnyThread
    int writeFlags() {
        return writeFlags;
    }

    @Override
    public StateRecord freeze() {
        return new VirtioBlkState(writeBack).record();
    }

    /** Goes on where another device was frozen. */
    void restore(VirtioBlkState before) {
        writeBack = before.writeBack();
        updateWriteFlags();
    }

    @Override
    public void awaitClose() {
        publication.close();
        for (QueueRunner runner : runners) {
            runner.close();
        }
    }

    @Override
    public void drainedBegin() {
        drainDepth++;
        for (QueueRunner runner : runners) {
            runner.token().revoke();
        }
    }

    @Override
    public boolean drainedPoll() {
        for (QueueRunner runner : runners) {
            if (runner.isInside()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void drainedEnd() {
        drainDepth--;
        for (QueueRunner runner : runners) {
            runner.token().giveBack();
        }
    }

    @Override
    public void resized() {
        long sectors = backend.length() >>> 9;
        if (sectors != announcedSectors) {
            announcedSectors = sectors;
            if (host != null) {
                host.configChanged();
            }
        }
    }
}
