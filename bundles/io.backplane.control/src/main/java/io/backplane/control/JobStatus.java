package io.backplane.control;

import io.backplane.schema.Name;
import java.util.EnumSet;
import java.util.Set;

/** The states of a job, which follow on which, and which verbs each accepts. */
@Name("JobStatus")
enum JobStatus {
    UNDEFINED, CREATED, RUNNING, PAUSED, READY, STANDBY, WAITING, PENDING, ABORTING, CONCLUDED,
    NULL;

    /** What a user may ask of a job. */
    enum Verb {
        CANCEL, PAUSE, RESUME, SET_SPEED, COMPLETE, FINALIZE, DISMISS, CHANGE
    }

    private static final Set<JobStatus> ALIVE =
            EnumSet.of(CREATED, RUNNING, PAUSED, READY, STANDBY);

    /** Whether a job may go from this state to {@code next}. */
    boolean mayBecome(JobStatus next) {
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
    boolean accepts(Verb verb) {
        return switch (verb) {
            case CANCEL -> ALIVE.contains(this) || this == WAITING || this == PENDING;
            case PAUSE, RESUME, SET_SPEED, CHANGE -> ALIVE.contains(this);
            case COMPLETE -> this == READY || this == STANDBY;
            case FINALIZE -> this == PENDING;
            case DISMISS -> this == CONCLUDED;
        };
    }

    /** The state's name on the wire. */
    String wireName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
