package io.backplane.boot;

import java.nio.file.Path;
import java.util.Collection;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/**
 * Looks at jars that are to be installed beside what is there, and starts them: a service of who
 * knows how, asked by {@link BundleChanges}. Without one the framework refuses what it can't
 * resolve. Everything here blocks, so never on an event loop.
 */
public interface BundleAdmission {

    /**
     * Checks a jar; changes nothing.
     *
     * @param service name of the interface that it is to offer
     * @param leaving bundles that are removed once it has taken their place
     * @return its content, as it was checked
     * @throws BundleException one sentence without the file's name: why it is refused
     */
    byte[] check(Path jar, String service, Collection<Bundle> leaving) throws BundleException;

    /**
     * Starts an installed bundle, in limited time.
     *
     * @throws BundleException one sentence; the caller removes it, unless it is still starting:
     *     then it is removed here as soon as it returns
     */
    void start(Bundle bundle) throws BundleException;
}
