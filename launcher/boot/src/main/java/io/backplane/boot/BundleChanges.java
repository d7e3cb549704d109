package io.backplane.boot;

import java.nio.file.Path;
import java.util.concurrent.locks.Lock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Changes of the bundles of a daemon that runs, one at a time; a service of the launcher. The
 * framework lets one change be overtaken by another, and then each sees half of the other's.
 * Everything here blocks, so never on an event loop.
 */
public interface BundleChanges {

    /** Held over each change of bundles; the methods below take it themselves. */
    Lock lock();

    /**
     * Installs a jar beside whatever is there, also beside the same version of the same bundle, and
     * starts it. An update without a new location reads the same file again. It is there until it
     * is removed or the daemon ends: the next start knows nothing of it.
     *
     * @throws BundleException one sentence without the file's name; nothing is installed then
     */
    Bundle installBeside(Path jar) throws BundleException;

    /** Uninstalls a bundle and waits until its class loader is let go; nobody else restarts. */
    void remove(Bundle bundle) throws BundleException;
}
