package io.backplane.devices;

import io.backplane.aio.GlobalState;
import io.backplane.aio.Suspends;
import io.backplane.block.BlockException;

/** The bundles that device models come from. */
interface ModelBundles {

    /**
     * A bundle that was installed.
     *
     * @param bundleId the framework's number
     * @param version its version
     */
    record Installed(long bundleId, String version) {
    }

    /**
     * Installs and starts a bundle beside those there are.
     *
     * @param forAll whether the others that have a model of {@code type} are removed later
     * @throws BlockException it cannot be, or has no model of {@code type}; nothing is left of it
     */
    @GlobalState
    @Suspends
    Installed awaitInstall(String file, String type, boolean forAll) throws BlockException;

    /** Removes a bundle. */
    @GlobalState
    @Suspends
    void awaitRemove(Installed bundle);

    /** Removes all bundles but {@code kept} that have a model of {@code type}. */
    @GlobalState
    @Suspends
    void awaitRemoveOthers(Installed kept, String type);
}
