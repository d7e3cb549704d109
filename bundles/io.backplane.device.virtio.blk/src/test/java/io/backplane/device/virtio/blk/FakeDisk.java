package io.backplane.device.virtio.blk;

import io.backplane.aio.AioContext;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.block.backend.BackendStats;
import io.backplane.block.backend.BlockBackend;
import io.backplane.block.backend.BlockDevOps;
import io.backplane.memory.IoVector;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** A disk in memory that writes down what it is asked for. */
final class FakeDisk implements BlockBackend {
    final List<String> calls = new ArrayList<>();
    final MemorySegment contents = MemorySegment.ofArray(new byte[1 << 20]);
    boolean writable = true;
    long length = 1 << 20;
    BlockException failure;
    BlockLimits limits = BlockLimits.NONE;

    private void call(String text) throws BlockException {
        calls.add(text);
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public String name() {
        return "disk";
    }

    @Override
    public String nodeName() {
        return "node";
    }

    @Override
    public long length() {
        return length;
    }

    @Override
    public BlockLimits limits() {
        return limits;
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public boolean unmaps() {
        return true;
    }

    @Override
    public AioContext context() {
        return null;
    }

    @Override
    public void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        call("read " + offset + "+" + bytes);
        iov.copyFrom(from, contents, offset, bytes);
    }

    @Override
    public void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException {
        call("write " + offset + "+" + bytes + " flags " + flags);
        iov.copyTo(from, contents, offset, bytes);
    }

    @Override
    public void pwriteZeroes(long offset, long bytes, int flags) throws BlockException {
        call("zeroes " + offset + "+" + bytes + " flags " + flags);
    }

    @Override
    public void pdiscard(long offset, long bytes) throws BlockException {
        call("discard " + offset + "+" + bytes);
    }

    @Override
    public void flush() throws BlockException {
        call("flush");
    }

    @Override
    public BlockStatus blockStatus(long offset, long bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void truncate(long bytes, boolean exact, Preallocation preallocation) {
        throw new UnsupportedOperationException();
    }

    @Override
    public BackendStats stats() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void incrementInFlight() {
    }

    @Override
    public void decrementInFlight() {
    }

    @Override
    public void parkRequests(boolean park) {
    }

    @Override
    public void ownerFaultListener(
            BiConsumer<? super BlockDevOps, ? super Throwable> listener) {
    }

    @Override
    public void retractRequests(boolean on) {
    }

    @Override
    public void awaitMoveTo(AioContext target) {
    }

    @Override
    public void awaitClose() {
    }
}
