package io.backplane.boot;

/**
 * The marker that the command line is done; a service the launcher registers at
 * {@link Startup#ready}. Who must not start earlier, such as the console, depends on it.
 */
public interface Ready {

    /** What {@link Startup#ready} was given. */
    String summary();
}
