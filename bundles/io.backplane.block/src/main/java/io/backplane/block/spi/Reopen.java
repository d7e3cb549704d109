package io.backplane.block.spi;

import io.backplane.aio.GlobalState;
import io.backplane.aio.GraphWrlock;

/** A prepared change of a node's options; exactly one of the two is called, in main, without I/O. */
public interface Reopen {

    /** The new options hold. */
    @GlobalState
    @GraphWrlock
    void commit();

    /** The old options go on. */
    @GlobalState
    void rollBack();

    /** A change that needs nothing from the driver. */
    Reopen NOTHING = new Reopen() {
        @Override
        public void commit() {
            // nothing was prepared
        }

        @Override
        public void rollBack() {
            // nothing was prepared
        }
    };
}
