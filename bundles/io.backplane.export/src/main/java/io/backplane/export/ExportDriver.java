package io.backplane.export;

import io.backplane.aio.AnyThread;
import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes exports of one type; an OSGi service with the property {@code backplane.export} =
 * {@link #type}.
 */
@ConsumerType
public interface ExportDriver {

    /** The name users type, such as {@code vhost-user-blk}. */
    @AnyThread
    String type();

    /** The record of its own options. */
    @AnyThread
    Class<? extends Record> optionsType();

    /** Makes an export and starts serving; on failure nothing is left behind. */
    @GlobalState
    @Suspends
    Export awaitCreate(ExportRequest request) throws BlockException;
}
