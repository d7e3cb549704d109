package io.backplane.graph;

import io.backplane.aio.AioTimer;
import io.backplane.block.graph.DrainedSection;
import io.backplane.block.spi.BlockDriver;

/**
 * A node without its driver's half: what the next one must know, and the drained section that keeps
 * requests waiting until it comes or the time is over. Main.
 */
final class Hold {
    // Immutable
    final long beganNs;
    private final AioTimer timer;

    // Global state
    Frozen frozen;
    /** What was last said of why it does not thaw. */
    String trouble = "";
    /** Whether its own driver went away; else it waits for a node below. */
    boolean own;
    /** Null: requests fail. */
    private DrainedSection section;

    /** @param section taken over; ended by the timer at {@code deadlineNs} */
    Hold(Frozen frozen, long beganNs, boolean own, DrainedSection section, long deadlineNs,
            Runnable expired) {
        this.frozen = frozen;
        this.beganNs = beganNs;
        this.own = own;
        this.section = section;
        timer = frozen.node().graph.main.newTimer("hold of " + frozen.node().name(), expired);
        timer.armAt(deadlineNs);
    }

    /** A driver goes away: whether it is this node's, which only waited for one below so far. */
    boolean lost(BlockDriver driver) {
        if (own || frozen.driver() != driver) {
            return false;
        }
        own = true;
        return true;
    }

    boolean waits() {
        return section != null;
    }

    /** Lets what waits fail, and what comes. */
    void expire() {
        timer.close();
        if (section != null) {
            section.close();
            section = null;
        }
        NodeFault fault = frozen.node().fault();
        if (fault != null) {
            fault.end(false);
        }
    }

    /** The node is closed or has a driver's half again. */
    void end() {
        frozen.node().hold = null;
        frozen.node().faultIsOver();
        expire();
    }

    /** The node is closed: nobody will take what lives on. */
    void discard() {
        frozen.live().close();
        end();
    }
}
