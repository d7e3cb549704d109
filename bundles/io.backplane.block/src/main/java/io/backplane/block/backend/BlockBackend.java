package io.backplane.block.backend;

import io.backplane.aio.AioContext;
import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.GraphUnlocked;
import io.backplane.aio.IoCode;
import io.backplane.aio.NoSuspend;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.Preallocation;
import io.backplane.memory.IoVector;
import java.util.function.BiConsumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What devices, exports and jobs hold: the root of a subgraph and the gate of its requests.
 *
 * <p>Data-path verbs run in coroutines of any context. A request that arrives while the backend is
 * drained is parked before it is counted out, and counted in before it is resumed. Memory belongs
 * to the caller until the verb returns, also by an exception. All offsets and lengths are bytes;
 * a range outside {@link #length} fails with Kind INVALID (EIO for clients) before any I/O.
 */
@ProviderType
public interface BlockBackend {

    /** Its name, unique; what BlockDevOps services refer to. */
    @AnyThread
    String name();

    /** Node-name of the root. */
    @AnyThread
    String nodeName();

    /** Length in bytes. */
    @AnyThread
    long length();

    /** Limits of the root node. */
    @AnyThread
    BlockLimits limits();

    /** Whether writes are allowed. */
    @AnyThread
    boolean writable();

    /** Whether discards reach storage ({@code discard=unmap} on the root). */
    @AnyThread
    boolean unmaps();

    /**
     * The home context; it may change at any time outside a drained section, and either answer is
     * fine to submit I/O from.
     */
    @AnyThread
    AioContext context();

    /** Reads; flags as in {@link io.backplane.block.RequestFlags}. */
    @Suspends
    @IoCode
    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /** Writes. */
    @Suspends
    @IoCode
    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /** Makes a range read as zeroes. */
    @Suspends
    @IoCode
    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException;

    /** Discards a range. */
    @Suspends
    @IoCode
    void pdiscard(long offset, long bytes) throws BlockException;

    /** Makes completed writes stable. */
    @Suspends
    @IoCode
    void flush() throws BlockException;

    /** Status of a range over the whole chain below, {@code depth} counted along backing files. */
    @Suspends
    @IoCode
    BlockStatus blockStatus(long offset, long bytes) throws BlockException;

    /** Changes the length; needs the RESIZE permission. */
    @Suspends
    @IoCode
    void truncate(long length, boolean exact, Preallocation preallocation)
            throws BlockException;

    /** Counters of completed requests. */
    @AnyThread
    BackendStats stats();

    /**
     * Counts a piece of work of the owner (a scheduled callback, a request between ring and first
     * verb) that a drain must wait for. Pair with {@link #decrementInFlight}. Whoever stays counted
     * while it calls verbs switches parking off ({@link #parkRequests}), or a drain waits for a
     * request that is parked until the drain ends.
     */
    @AnyThread
    @NoSuspend
    void incrementInFlight();

    /** Ends what {@link #incrementInFlight} began. */
    @AnyThread
    @NoSuspend
    void decrementInFlight();

    /**
     * Whether requests are parked during a drain (default true). An owner that switches it off
     * stops submitting itself in {@link BlockDevOps#drainedBegin}.
     */
    @GlobalState
    void parkRequests(boolean park);

    /**
     * Who is told when somebody attached throws out of a method of {@link BlockDevOps}: that one is
     * detached by then, and everything else goes on. Called in main with what was attached, and
     * what it threw; null: nobody.
     */
    @GlobalState
    void ownerFaultListener(
            @NoSuspend BiConsumer<? super BlockDevOps, ? super Throwable> listener);

    /**
     * While on, requests that have not begun (those that wait for the end of a drained section or
     * for a driver, and those that arrive) fail with Kind RETRACTED. For an owner that stops, and
     * can let its clients ask again later: it need not wait for a driver that may never come.
     */
    @GlobalState
    void retractRequests(boolean on);

    /** Moves this backend and everything connected below to {@code target}, or nothing. */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitMoveTo(AioContext target) throws BlockException;

    /** Drains, detaches the root and forgets the backend. */
    @GlobalState
    @Suspends
    @GraphUnlocked
    void awaitClose();
}
