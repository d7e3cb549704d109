package io.backplane.job;

import io.backplane.aio.AnyThread;
import io.backplane.schema.Name;
import java.util.EnumSet;
import java.util.Set;

/** The states of a job, which follow on which, and which verbs each accepts. */
@Name("JobStatus")
@AnyThread
public enum JobStatus {
    /** Not there yet. */
    UNDEFINED,
    /** There, not started. */
    CREATED,
    /** At work. */
    RUNNING,
    /** Stands still. */
    PAUSED,
    /** Done as far as it can be; goes on until it is completed. */
    READY,
    /** Ready, and stands still. */
    STANDBY,
    /** Done; others of its group are not. */
    WAITING,
    /** Done; is to be finalized. */
    PENDING,
    /** Takes back what it did. */
    ABORTING,
    /** Over; is to be dismissed. */
    CONCLUDED,
    /** Gone. */
    NULL;

    /** What a user may ask of a job. */
    public enum Verb {
        /** End before it is done. */
        CANCEL,
        /** Stand still. */
        PAUSE,
        /** Go on. */
        RESUME,
        /** Go at another speed. */
        SET_SPEED,
        /** End, being ready. */
        COMPLETE,
        /** Make final what is done. */
        FINALIZE,
        /** Be forgotten. */
        DISMISS,
        /** Go on with other options. */
        CHANGE
    }

    private static final Set<JobStatus> ALIVE =
            EnumSet.of(CREATED, RUNNING, PAUSED, READY, STANDBY);

    /** Whether a job may go from this state to {@code next}. */
    public boolean mayBecome(JobStatus next) {
        return switch (this) {
            case UNDEFINED -> next == CREATED;
            case CREATED -> next == RUNNING || next == ABORTING || next == NULL;
            case RUNNING -> next == PAUSED || next == READY || next == WAITING || next == ABORTING;
            case PAUSED -> next == RUNNING;
            case READY -> next == STANDBY || next == WAITING || next == ABORTING;
            case STANDBY -> next == READY;
            case WAITING -> next == PENDING || next == ABORTING;
            case PENDING -> next == ABORTING || next == CONCLUDED;
            case ABORTING -> next == ABORTING || next == CONCLUDED;
            case CONCLUDED -> next == NULL;
            case NULL -> false;
        };
    }

    /** Whether {@code verb} is allowed in this state. */
    public boolean accepts(Verb verb) {
        return switch (verb) {
            case CANCEL -> ALIVE.contains(this) || this == WAITING || this == PENDING;
            case PAUSE, RESUME, SET_SPEED, CHANGE -> ALIVE.contains(this);
            case COMPLETE -> this == READY || this == STANDBY;
            case FINALIZE -> this == PENDING;
            case DISMISS -> this == CONCLUDED;
        };
    }

    /** Whether nothing changes any more but that the job is forgotten. */
    public boolean isOver() {
        return this == CONCLUDED || this == NULL;
    }

    /** The state's name on the wire. */
    public String wireName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
