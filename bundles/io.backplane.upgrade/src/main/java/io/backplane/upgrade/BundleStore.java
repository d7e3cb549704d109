package io.backplane.upgrade;

import io.backplane.block.BlockException;
import java.nio.file.Path;

/** What an upgrade asks of the framework; may block, so never on a loop. */
interface BundleStore {
    /**
     * Installs a jar beside whatever is there and starts it.
     *
     * @return the framework's number of the bundle
     * @throws BlockException one sentence; nothing is installed then
     */
    long install(Path jar) throws BlockException;

    /** Removes a bundle and its class loader; nobody else is restarted. */
    void remove(long bundleId) throws BlockException;
}
