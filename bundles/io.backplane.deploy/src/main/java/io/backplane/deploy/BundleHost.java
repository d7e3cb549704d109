package io.backplane.deploy;

import java.util.Collection;
import java.util.List;

/**
 * The framework as deployment sees it. Any thread; what runs code of bundles may block for as long
 * as they like.
 */
interface BundleHost {

    /** All bundles now. */
    World world();

    /** A class file of a bundle; null if it has none of that name. */
    byte[] classFile(long bundleId, String internalName);

    /** Installs a bundle and returns its number; none of its code runs. */
    long install(String location, byte[] jar) throws Refusal;

    /** Resolves and starts a bundle. */
    void start(long bundleId) throws Refusal;

    /** Stops a bundle; it starts again with the framework. */
    void stop(long bundleId) throws Refusal;

    /** Gives a stopped bundle new content. */
    void update(long bundleId, byte[] jar) throws Refusal;

    /** Removes a bundle. */
    void uninstall(long bundleId) throws Refusal;

    /** Wires bundles and their users anew; those that ran are started again. */
    void refresh(Collection<Long> bundleIds) throws Refusal;

    /** Starts what should run and does not, and drops old wires that nobody uses. */
    void settle();

    /** The components whose activation threw: a sentence each. */
    List<String> failedComponents(long bundleId);

    /** What the components wait for: a sentence each. */
    List<String> waitsFor(long bundleId);
}
