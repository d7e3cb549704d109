package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.GraphWrlock;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.block.BlockLimits;
import io.backplane.block.BlockStatus;
import io.backplane.block.ImageInfo;
import io.backplane.block.Permissions;
import io.backplane.block.Preallocation;
import io.backplane.memory.IoVector;
import io.backplane.state.StateRecord;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The driver's half of a node. The graph calls it with requests that respect {@link #limits} and
 * lie inside the length; any number at a time, from coroutines of any contexts, so a driver guards
 * its own mutable state. Memory belongs to the caller and stays valid until the call returns.
 * Flags are bits of {@link io.backplane.block.RequestFlags}; a driver sees only those its limits
 * name. A request is done when the call returns; nothing may go on in the background.
 */
@ConsumerType
public interface DriverNode {

    /** Length of the virtual disk in bytes; changes only inside {@link #truncate}. */
    @AnyThread
    long length();

    /** What requests it takes; read again after {@link NodeNotices#limitsChanged}. */
    @AnyThread
    BlockLimits limits();

    /** Reads {@code bytes} at {@code offset} into the window of {@code iov} from {@code from}. */
    @Suspends
    @IoCode
    void preadv(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /** Writes {@code bytes} at {@code offset} from the window of {@code iov} from {@code from}. */
    @Suspends
    @IoCode
    void pwritev(long offset, long bytes, IoVector iov, long from, int flags)
            throws BlockException;

    /**
     * Makes a range read as zeroes without buffers of zeroes.
     *
     * @throws BlockException {@link BlockException#NOT_SUPPORTED} to let the graph write zeroes
     */
    @Suspends
    @IoCode
    void pwriteZeroes(long offset, long bytes, int flags) throws BlockException;

    /** Says that a range is not needed any more; NOT_SUPPORTED counts as done. */
    @Suspends
    @IoCode
    void pdiscard(long offset, long bytes) throws BlockException;

    /**
     * Makes completed writes stable: own metadata into the children in the right order, then the
     * children's flush.
     */
    @Suspends
    @IoCode
    void flush() throws BlockException;

    /**
     * What this layer says of a range; the graph looks further below where data has a fixed place
     * in a child, and in the backing file where nothing is allocated.
     */
    @Suspends
    @IoCode
    BlockStatus blockStatus(long offset, long bytes) throws BlockException;

    /**
     * Changes the length.
     *
     * @param length new length in bytes
     * @param exact whether it must be exactly that; else a device may stay longer
     * @param preallocation for the new space
     * @param flags {@code FUA} no; zero-write of the new space is the default
     */
    @Suspends
    @IoCode
    void truncate(long length, boolean exact, Preallocation preallocation, int flags)
            throws BlockException;

    /** Bytes of host storage it takes up, -1 if unknown. */
    @Suspends
    @IoCode
    long allocatedBytes() throws BlockException;

    /**
     * Whether what this node calls data is reported as such, without asking the child that holds
     * it where its holes are.
     */
    @AnyThread
    default boolean hidesHolesBelow() {
        return false;
    }

    /** What the image says of itself. */
    @AnyThread
    default ImageInfo imageInfo() {
        return ImageInfo.NONE;
    }

    /** Host file name or what users would type instead; empty: none. */
    @AnyThread
    default String filename() {
        return "";
    }

    /** Children that the image names; asked once, after open. */
    @AnyThread
    default List<ImpliedChild> impliedChildren() {
        return List.of();
    }

    /**
     * Graph phase after open: an implied child was attached. No I/O.
     */
    @GlobalState
    default void childAttached(BlockChild child) {
    }

    /**
     * What permissions this node needs on a child, given what its own parents want.
     *
     * @param parents united permissions of this node's parents
     */
    @AnyThread
    Permissions childPermissions(String childName, ChildRole role, Permissions parents);

    /** Role of the child called {@code childName} among those the options name. */
    @AnyThread
    ChildRole childRole(String childName);

    /** Whether it cannot write, whatever the options asked for (see auto-read-only). */
    @AnyThread
    default boolean readOnly() {
        return false;
    }

    /**
     * What all parents together do with this node is about to change; host files take or give back
     * locks here. Called before the change is visible; after an exception the graph keeps the old
     * permissions and the node the old locks.
     *
     * @param parents union of what parents use, intersection of what they share
     */
    @Suspends
    @IoCode
    @GraphWrlock
    default void awaitPermissionsChanged(Permissions parents) throws BlockException {
    }

    /**
     * The node may write from now on, or no longer (auto-read-only, reopen). Host files reopen
     * their descriptor here. I/O phase, drained.
     */
    @Suspends
    @IoCode
    default void awaitSetReadOnly(boolean readOnly) throws BlockException {
    }

    /**
     * Prepares other options (blockdev-reopen), I/O phase, drained. The result is committed or
     * rolled back, in the graph phase, without I/O.
     *
     * @throws BlockException naming the option that cannot change
     */
    @Suspends
    @IoCode
    default Reopen awaitReopen(OpenRequest request) throws BlockException {
        throw new BlockException(BlockException.Kind.UNSUPPORTED,
                "node '" + request.nodeName() + "' does not support reopening");
    }

    /** No new requests come from now on until {@link #drainedEnd}; own timers stop. Main. */
    @GlobalState
    default void drainedBegin() {
    }

    /** Whether the node still works on its own account (not for requests). Main. */
    @GlobalState
    default boolean drainedPoll() {
        return false;
    }

    /** Undoes {@link #drainedBegin}. Main. */
    @GlobalState
    default void drainedEnd() {
    }

    /**
     * I/O phase of closing, drained: writes metadata back, flushes, gives locks back. The node
     * takes no requests after it. An exception is reported, and the node is closed all the same.
     */
    @Suspends
    @IoCode
    void awaitShutdown() throws BlockException;

    /**
     * I/O phase of giving way to a successor, drained: as {@link #awaitShutdown}, and says what the
     * successor must know besides the options and the image. Guest data need not be made stable.
     * After it the node takes no requests; {@link #handOver} and {@link #close} follow.
     *
     * @return what {@link BlockDriver#awaitThaw} of this or another version gets
     * @throws BlockException the node goes on taking requests as before
     */
    @Suspends
    @IoCode
    default StateRecord awaitFreeze() throws BlockException {
        awaitShutdown();
        return StateRecord.empty("none");
    }

    /**
     * Graph phase after a freeze: puts what must live on without a gap, such as a descriptor with
     * locks, into {@code to}, who owns it then. No I/O.
     */
    @GlobalState
    default void handOver(HandOver to) {
    }

    /** Graph phase of closing: frees what is left; no I/O, never suspends, called once. */
    @AnyThread
    void close();
}
