package io.backplane.driver.blklogwrites;

import io.backplane.aio.Awaited;
import io.backplane.aio.CoMutex;
import io.backplane.aio.CoQueue;
import io.backplane.aio.Coroutine;
import io.backplane.block.BlockException;
import io.backplane.block.BlockException.Kind;
import io.backplane.block.Preallocation;
import io.backplane.block.spi.BlockChild;
import io.backplane.memory.BufferPool;
import io.backplane.state.StateException;
import io.backplane.state.StateRecord;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The log: a superblock, then entries one behind the other.
 *
 * <p>An entry's place ({@link Slot}) is taken in log order, then entries are written in any order,
 * several at a time. The superblock counts only the entries up to the first one that is not
 * written yet, and only after a flush has made those stable; so a power cut at any point leaves a
 * log whose counted entries are whole. If an entry cannot be written, the log ends before it for
 * ever: every later change fails.
 *
 * <p>Coroutines of any context call it.
 */
final class WriteLog {
    /** Type of the state record. */
    static final String STATE = "blklogwrites";
    private static final long GROW_BYTES = 1 << 20;

    /** An entry's place in the log. */
    static final class Slot {
        final long index;
        final long sector;
        private final Coroutine carrier = Coroutine.current();
        private boolean written;

        private Slot(long index, long sector) {
            this.index = index;
            this.sector = sector;
        }
    }

    /** What the superblock waits for: entries that are on their way. */
    private record Entries(List<Slot> slots) implements Awaited {
        @Override
        public String describe() {
            return slots.size() + " entries of a write log from " + slots.getFirst().index;
        }

        @Override
        public List<Coroutine> blockers() {
            return slots.stream().filter(slot -> !slot.written).map(slot -> slot.carrier).toList();
        }
    }

    // Immutable
    private final BlockChild log;
    private final BufferPool buffers;
    private final int sectorBytes;
    private final long updateInterval;
    private final CoMutex state = new CoMutex("the state of a write log");
    private final CoQueue progress = new CoQueue(state);
    private final CoMutex superblock = new CoMutex("the superblock of a write log");
    private final CoMutex growth = new CoMutex("the growth of a write log");

    // Under state
    private final ArrayDeque<Slot> unwritten = new ArrayDeque<>();
    private long tailSector;
    private long slotCount;
    private long wholeCount;

    // Under superblock to write, any thread to read
    private volatile long countedEntries;
    private volatile boolean started;

    // Any thread; set once
    private volatile BlockException broken;

    private WriteLog(BlockChild log, BufferPool buffers, int sectorBytes, long updateInterval,
            long entries, long tailSector, boolean started) {
        this.log = log;
        this.buffers = buffers;
        this.sectorBytes = sectorBytes;
        this.updateInterval = updateInterval;
        this.slotCount = entries;
        this.wholeCount = entries;
        this.countedEntries = entries;
        this.tailSector = tailSector;
        this.started = started;
    }

    /** A log that starts anew; what was there is forgotten with the first change. */
    static WriteLog fresh(BlockChild log, BufferPool buffers, int sectorBytes,
            long updateInterval) {
        return new WriteLog(log, buffers, sectorBytes, updateInterval, 0, 1, false);
    }

    /** The log that is there, to be continued behind its last counted entry. */
    static WriteLog awaitAppend(BlockChild log, BufferPool buffers, long updateInterval)
            throws BlockException {
        LogSuperblock head;
        try (BufferPool.Buffer buffer = buffers.take(BlkLogWritesOptions.DEFAULT_SECTOR_BYTES)) {
            readAt(log, 0, buffer);
            head = LogSuperblock.decode(buffer.segment());
        }
        int sectorBytes = head.sectorBytes();
        long sectors = log.length() / sectorBytes;
        long sector = 1;
        try (BufferPool.Buffer buffer = buffers.take(sectorBytes)) {
            for (long i = 0; i < head.entryCount(); i++) {
                if (sector >= sectors) {
                    throw endsEarly(i, head.entryCount());
                }
                readAt(log, sector * sectorBytes, buffer);
                LogEntry entry = LogEntry.decode(buffer.segment(), sectorBytes);
                if (entry.dataSectors() > sectors - sector - 1) {
                    throw endsEarly(i, head.entryCount());
                }
                sector += 1 + entry.dataSectors();
            }
        }
        return new WriteLog(log, buffers, sectorBytes, updateInterval, head.entryCount(), sector,
                true);
    }

    /** The log that another version of the driver has left. */
    static WriteLog of(BlockChild log, BufferPool buffers, long updateInterval,
            StateRecord state) throws BlockException {
        try {
            state.requireType(STATE, 1);
            int sectorBytes = BlkLogWritesDriver.checkSector(state.number("sector-bytes"));
            return new WriteLog(log, buffers, sectorBytes, updateInterval,
                    state.number("entries", 0, Long.MAX_VALUE),
                    state.number("tail-sector", 1, Long.MAX_VALUE / sectorBytes),
                    state.flag("started"));
        } catch (StateException e) {
            throw new BlockException(Kind.INVALID, e.getMessage(), e);
        }
    }

    /** Where it ends; everything is counted. */
    StateRecord state() {
        assert unwritten.isEmpty() : "log frozen with entries on their way";
        return StateRecord.builder(STATE, 1).number("sector-bytes", sectorBytes)
                .number("entries", slotCount).number("tail-sector", tailSector)
                .flag("started", started).build();
    }

    private static void readAt(BlockChild log, long offset, BufferPool.Buffer buffer)
            throws BlockException {
        long bytes = buffer.segment().byteSize();
        if (log.length() < offset + bytes) {
            throw new BlockException(Kind.INVALID, "Log of " + log.length()
                    + " bytes is too short to append to");
        }
        log.preadv(offset, bytes, buffer.vector(), 0, 0);
    }

    private static BlockException endsEarly(long index, long count) {
        return new BlockException(Kind.CORRUPT, "Log ends inside entry " + index + " of " + count);
    }

    int sectorBytes() {
        return sectorBytes;
    }

    /** Fails if the log can take no more entries; call it before changing anything. */
    void awaitReady() throws BlockException {
        checkBroken();
        if (!started) {
            try (CoMutex.Held _ = superblock.awaitLock()) {
                if (!started) {
                    awaitWriteSuperblock(0);
                    started = true;
                }
            }
        }
    }

    private void checkBroken() throws BlockException {
        BlockException cause = broken;
        if (cause != null) {
            throw new BlockException(cause.kind(), "Log '" + log.nodeName()
                    + "' is broken since: " + cause.getMessage(), cause);
        }
    }

    /** Takes the next place, for a head and {@code dataSectors} sectors of data. */
    Slot awaitSlot(long dataSectors) throws BlockException {
        try (CoMutex.Held _ = state.awaitLock()) {
            checkBroken();
            Slot slot = new Slot(slotCount++, tailSector);
            tailSector += 1 + dataSectors;
            unwritten.addLast(slot);
            return slot;
        }
    }

    /** Writes an entry that has no data, or data that {@code buffer} holds behind the head. */
    void awaitWrite(Slot slot, LogEntry entry, BufferPool.Buffer buffer) throws BlockException {
        MemorySegment head = buffer.segment().asSlice(0, sectorBytes);
        entry.encode(head);
        long at = slot.sector * sectorBytes;
        long bytes = buffer.segment().byteSize();
        try {
            awaitRoom(at + bytes);
            log.pwritev(at, bytes, buffer.vector(), 0, 0);
        } catch (BlockException e) {
            throw awaitBroken(e);
        }
        awaitWritten(slot);
    }

    /** Writes an entry whose data are zeroes; {@code buffer} is one sector. */
    void awaitWriteZeroes(Slot slot, LogEntry entry, BufferPool.Buffer buffer)
            throws BlockException {
        long at = (slot.sector + 1) * sectorBytes;
        long bytes = entry.dataSectors() * sectorBytes;
        try {
            awaitRoom(at + bytes);
            log.pwriteZeroes(at, bytes, 0);
        } catch (BlockException e) {
            throw awaitBroken(e);
        }
        awaitWrite(slot, entry, buffer);
    }

    private void awaitRoom(long end) throws BlockException {
        if (end <= log.length()) {
            return;
        }
        try (CoMutex.Held _ = growth.awaitLock()) {
            if (end > log.length()) {
                log.truncate((end + GROW_BYTES - 1) / GROW_BYTES * GROW_BYTES, false,
                        Preallocation.OFF, 0);
            }
        }
    }

    private BlockException awaitBroken(BlockException cause) {
        try (CoMutex.Held _ = state.awaitLock()) {
            if (broken == null) {
                broken = cause;
            }
            progress.wakeAll();
        }
        return new BlockException(cause.kind(), "Cannot write to log '" + log.nodeName() + "': "
                + cause.getMessage(), cause);
    }

    private void awaitWritten(Slot slot) throws BlockException {
        try (CoMutex.Held _ = state.awaitLock()) {
            slot.written = true;
            Slot first = unwritten.peekFirst();
            if (first != slot) {
                return;
            }
            while (first != null && first.written) {
                unwritten.pollFirst();
                wholeCount++;
                first = unwritten.peekFirst();
            }
            progress.wakeAll();
        }
    }

    /** Updates the superblock if the entry was the last one of an interval. */
    void awaitInterval(Slot slot) throws BlockException {
        if (slot.index + 1 - countedEntries >= updateInterval) {
            awaitCounted(slot.index + 1);
        }
    }

    /** Returns when the superblock on disk counts the first {@code entries} entries, or more. */
    void awaitCounted(long entries) throws BlockException {
        if (countedEntries >= entries) {
            return;
        }
        try (CoMutex.Held _ = superblock.awaitLock()) {
            if (countedEntries < entries) {
                long whole = awaitWhole(entries);
                awaitWriteSuperblock(whole);
                countedEntries = whole;
            }
        }
    }

    private long awaitWhole(long entries) throws BlockException {
        try (CoMutex.Held _ = state.awaitLock()) {
            while (wholeCount < entries) {
                checkBroken();
                progress.awaitWake(new Entries(unwritten.stream()
                        .filter(slot -> slot.index < entries).toList()));
            }
            return wholeCount;
        }
    }

    // Under superblock. The first flush makes the entries stable before anything counts them.
    private void awaitWriteSuperblock(long entries) throws BlockException {
        try (BufferPool.Buffer buffer = buffers.take(sectorBytes)) {
            new LogSuperblock(entries, sectorBytes).encode(buffer.segment());
            awaitRoom(sectorBytes);
            if (entries > 0) {
                log.flush();
            }
            log.pwritev(0, sectorBytes, buffer.vector(), 0, 0);
            log.flush();
        } catch (BlockException e) {
            throw awaitBroken(e);
        }
    }

    /** Counts everything; the last thing before closing. */
    void awaitFinish() throws BlockException {
        awaitReady();
        long entries;
        try (CoMutex.Held _ = state.awaitLock()) {
            entries = slotCount;
        }
        awaitCounted(entries);
    }
}
