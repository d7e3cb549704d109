package io.backplane.block.graph;

import io.backplane.aio.AnyThread;
import io.backplane.block.BlockException;
import io.backplane.block.BlockdevOptions;
import org.osgi.annotation.versioning.ConsumerType;

/** Reads {@code json:{...}} pseudo-file names; a service of whoever knows JSON. */
@ConsumerType
@FunctionalInterface
public interface JsonFilenames {

    /**
     * The options that a pseudo-file name stands for.
     *
     * @param json what follows {@code json:}
     */
    @AnyThread
    BlockdevOptions parse(String json) throws BlockException;
}
