package io.backplane.sim;

import java.util.List;

/**
 * Decides what happens next in a {@link SimWorld}. The same decisions give the same run, so a seed,
 * or a list of decisions, replays it.
 */
public interface Choices {

    /**
     * Which of several events happens next.
     *
     * @param events at least two; first what goes on where something happened last, or last if that
     *     was preempted
     * @return an index
     */
    int next(List<SimEvent> events);

    /** Picks one of {@code count} outcomes, such as the fate of a write. */
    int pick(int count);

    /** Whether a rare thing happens, {@code percent} times in a hundred. */
    boolean chance(int percent);

    /**
     * Whether the running thread loses its processor at this point of its code.
     *
     * @param others whether anything else could run; costs a look at everything
     */
    boolean preempt(java.util.function.BooleanSupplier others);

    /** The running thread spins: it waits for another. */
    default void giveWay() {
        // who chooses by dice chooses another soon
    }
}
