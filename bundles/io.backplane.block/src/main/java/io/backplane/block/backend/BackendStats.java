package io.backplane.block.backend;

/** Counters of one backend since it was made: completed operations, bytes, failures. */
public record BackendStats(long readCount, long readBytes, long writeCount, long writeBytes,
        long zeroesCount, long discardCount, long discardBytes, long flushCount,
        long failedReadCount, long failedWriteCount, long failedFlushCount,
        long failedDiscardCount, long writeHighestOffset) {
}
