package io.backplane.tool.explore;

import java.util.List;

/**
 * A planted bug: shipped classes with a few calls or field accesses exchanged, or (no patches) a
 * test class that the scenario takes in place of the right one.
 *
 * @param name what it is called on the command line
 * @param about what is wrong in it
 * @param patches how shipped classes are changed when they are loaded
 */
public record Bug(String name, String about, List<Patch> patches) {
    /** A bug made of patches. */
    public static Bug of(String name, String about, Patch... patches) {
        return new Bug(name, about, List.of(patches));
    }
}
