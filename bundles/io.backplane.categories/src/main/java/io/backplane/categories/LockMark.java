package io.backplane.categories;

import java.lang.classfile.Annotation;
import java.util.List;

/** What an annotation says of the lock of the block graph. */
enum LockMark {
    WRLOCK("GraphWrlock"), RDLOCK("GraphRdlock"), UNLOCKED("GraphUnlocked");

    private static final String PREFIX = "Lio/backplane/aio/";

    private final String annotation;

    LockMark(String annotation) {
        this.annotation = annotation;
    }

    /** The first of them, or null; more than one is a fault. */
    static LockMark of(List<Annotation> annotations, List<String> faults) {
        LockMark found = null;
        for (Annotation each : annotations) {
            for (LockMark mark : values()) {
                if (each.className().equalsString(PREFIX + mark.annotation + ";")) {
                    if (found != null) {
                        faults.add("is both " + found + " and " + mark);
                    }
                    found = found == null ? mark : found;
                }
            }
        }
        return found;
    }

    /** Whether a method with this mark may call one with {@code callee} without a section. */
    boolean allows(LockMark callee) {
        return this == callee || this == WRLOCK && callee == RDLOCK;
    }

    @Override
    public String toString() {
        return '@' + annotation;
    }
}
