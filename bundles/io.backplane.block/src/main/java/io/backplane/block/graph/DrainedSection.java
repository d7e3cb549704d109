package io.backplane.block.graph;

import io.backplane.aio.GlobalState;

/** A drained section; closing it lets requests go on. */
public interface DrainedSection extends AutoCloseable {

    /** Ends the section, once; never suspends. */
    @Override
    @GlobalState
    void close();
}
