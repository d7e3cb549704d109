package io.backplane.sim;

/** Something that can happen next: one of the things a {@link Choices} chooses from. */
public abstract class SimEvent {
    private final int actor;
    private final String where;

    SimEvent(int actor, String where) {
        this.actor = actor;
        this.where = where;
    }

    /** Whose event it is: a context, a thread, the clock, or a completion of its own. */
    public final int actor() {
        return actor;
    }

    /** The context or thread, for the trace. */
    public final String where() {
        return where;
    }

    /** What happens, for the trace. */
    public abstract String what();

    /** Makes it happen, on the world's thread. */
    abstract void run();

    /** Whether what it runs can go on already, after it was stopped by a monitor. */
    boolean canGoOn() {
        return true;
    }

    /** Goes on after that. */
    void goOn() {
        // most events run nothing that can stop
    }
}
