package io.backplane.boot;

import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.Callable;
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
     * Makes a change that only the caller knows how to make, such as a command of a shell, on the
     * calling thread. Others wait for its end, but not for ever: a bundle's code may not return.
     *
     * @param stopsOnly whether bundles are only stopped: what they do then may remove bundles
     */
    <R> R make(boolean stopsOnly, Callable<R> change) throws Exception;

    /**
     * Installs a jar beside whatever is there, also beside the same version of the same bundle, and
     * starts it. An update without a new location reads the same file again. It is there until it
     * is removed or the daemon ends: the next start knows nothing of it. A
     * {@link BundleAdmission} checks it before; its classes are loaded at the end, so that nobody
     * waits for that who waits for it.
     *
     * @param service name of the interface that the caller wants it to offer
     * @param leaving bundles that the caller removes once it has taken their place
     * @throws BundleException one sentence without the file's name; nothing is installed then
     */
    Bundle installBeside(Path jar, String service, Collection<Bundle> leaving)
            throws BundleException;

    /** Uninstalls a bundle and waits until its class loader is let go; nobody else restarts. */
    void remove(Bundle bundle) throws BundleException;
}
