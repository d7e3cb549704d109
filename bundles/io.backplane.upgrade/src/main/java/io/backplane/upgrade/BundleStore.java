package io.backplane.upgrade;

import io.backplane.block.BlockException;
import java.nio.file.Path;
import java.util.List;

/** What an upgrade asks of the framework; may block, so never on a loop. */
interface BundleStore {
    /**
     * Checks a jar, installs it beside whatever is there and starts it.
     *
     * @param driver what it must offer
     * @param leaving the framework's numbers of the bundles that it replaces
     * @return the framework's number of the bundle
     * @throws BlockException one sentence; nothing is installed then
     */
    long install(Path jar, String driver, List<Long> leaving) throws BlockException;

    /** Removes a bundle and its class loader; nobody else is restarted. */
    void remove(long bundleId) throws BlockException;
}
