package io.backplane.deploy;

import java.util.List;

/** Why a bundle is not let in: one sentence for people, and what kind of reason it is. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    /** Kinds of reasons. */
    enum Kind {
        /** No zip file, truncated, tampered with, or without a bundle's manifest. */
        NOT_A_BUNDLE,
        /** Made for a later Java. */
        EXECUTION_ENVIRONMENT,
        /** Something it needs is not there. */
        UNRESOLVED,
        /** Its code makes calls that the categories forbid. */
        CATEGORY,
        /** The same bundle in the same version is there already. */
        DUPLICATE,
        /** What runs would be restarted or lose what it needs. */
        WOULD_RESTART,
        /** Its code threw when it was started. */
        ACTIVATION,
        /** Its code did not return in time when it was started or stopped. */
        HUNG,
        /** The framework refused. */
        FRAMEWORK
    }

    private final Kind kind;
    private final boolean stuck;
    private final transient List<String> missing;

    /** @param message continues "is refused: " */
    Refusal(Kind kind, String message) {
        this(kind, message, List.of());
    }

    /** @param missing what is not there, an entry each */
    Refusal(Kind kind, String message, List<String> missing) {
        this(kind, message, missing, false);
    }

    /** @param stuck whether code of the bundle still runs and nothing more can be done to it */
    Refusal(Kind kind, String message, boolean stuck) {
        this(kind, message, List.of(), stuck);
    }

    private Refusal(Kind kind, String message, List<String> missing, boolean stuck) {
        super(message, null, false, false);
        this.kind = kind;
        this.missing = missing;
        this.stuck = stuck;
    }

    /** The same with more said. */
    Refusal and(String more) {
        return new Refusal(kind, getMessage() + more, missing, stuck);
    }

    Kind kind() {
        return kind;
    }

    boolean isStuck() {
        return stuck;
    }

    List<String> missing() {
        return missing;
    }
}
