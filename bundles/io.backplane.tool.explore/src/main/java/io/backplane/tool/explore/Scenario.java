package io.backplane.tool.explore;

import io.backplane.sim.SimWorld;
import java.util.List;

/**
 * A situation in which shipped code once went wrong somewhere: it sets up the situation in a world,
 * and checks what must hold. The same code runs against the shipped parts and against variants
 * with a planted bug.
 */
public interface Scenario {

    /** The reproducer's ID, such as {@code R-NOTIFY-3T}. */
    String name();

    /** What it is about, one line. */
    String about();

    /** The bugs the explorer has to find; at least one. */
    List<Bug> bugs();

    /** What is exchanged in every variant, to put a part into the world. */
    default List<Patch> seams() {
        return List.of();
    }

    /**
     * Runs it once, in a coroutine of main.
     *
     * @param bug name of the planted bug, for bugs that are other test classes; null: none
     */
    void run(SimWorld world, String bug) throws Exception;
}
