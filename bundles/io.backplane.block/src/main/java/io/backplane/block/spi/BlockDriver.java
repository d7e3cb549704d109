package io.backplane.block.spi;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.IoCode;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import io.backplane.state.StateRecord;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A block driver: a stateless factory of driver nodes. Registered as an OSGi service with the
 * property {@code backplane.driver} = {@link #name}; what it opens belongs to the graph.
 */
@ConsumerType
public interface BlockDriver {

    /** The name users type, such as {@code qcow2}. */
    @AnyThread
    String name();

    /** What kind of driver it is. */
    @AnyThread
    DriverTraits traits();

    /** The record of its options; components of type BlockdevRef and BlockdevRefOrNull are its children. */
    @AnyThread
    Class<? extends Record> optionsType();

    /** The record of its blockdev-create options; null: cannot create. */
    @AnyThread
    default Class<? extends Record> createOptionsType() {
        return null;
    }

    /**
     * Role of a child that the options name, asked before the node is open; decides what the graph
     * lets the driver do with it while opening.
     */
    @AnyThread
    default ChildRole childRole(String childName, Record options) {
        if (childName.equals("backing")) {
            return ChildRole.BACKING;
        }
        return switch (traits()) {
            case FORMAT -> childName.equals("file") ? ChildRole.IMAGE : ChildRole.DATA;
            case FILTER -> childName.equals("file") ? ChildRole.FILTERED : ChildRole.METADATA;
            case PROTOCOL -> ChildRole.METADATA;
        };
    }

    /**
     * Opens a node, I/O phase: may read through the children it was given, never edits the graph.
     * On an exception everything it took is freed again.
     */
    @Suspends
    @IoCode
    DriverNode awaitOpen(OpenRequest request) throws BlockException;

    /**
     * Opens a node in the place of one that was frozen, I/O phase: by another version of the
     * driver, or by this one. All children are there, implied ones too; what the node handed over
     * is in {@link OpenRequest#handOver}. On an exception everything it took is freed again, except
     * what was handed over, which it leaves untouched.
     *
     * @param state what {@link DriverNode#awaitFreeze} returned; of type {@code none} if the
     *     freeze failed
     */
    @Suspends
    @IoCode
    default DriverNode awaitThaw(OpenRequest request, StateRecord state) throws BlockException {
        return awaitOpen(request);
    }

    /**
     * Creates an image.
     *
     * @param options an instance of {@link #createOptionsType}
     */
    @Suspends
    @GlobalState
    default void awaitCreate(CreateRequest request, Record options) throws BlockException {
        throw new BlockException(BlockException.Kind.UNSUPPORTED,
                "Driver '" + name() + "' does not support image creation");
    }

    /**
     * How sure the driver is that an image is of its format.
     *
     * @param head the first bytes of the image, at most 2048
     * @return 0: not mine, 100: certain
     */
    @AnyThread
    default int probe(MemorySegment head) {
        return 0;
    }
}
