package io.backplane.launcher;

import io.backplane.boot.BundleChanges;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bundles of the framework. */
final class FrameworkBundles implements BundleChanges {
    private static final Logger LOG = LoggerFactory.getLogger(FrameworkBundles.class);
    private static final long REFRESH_SECONDS = 30;
    private static final long JAR_BYTES_MAX = 64L << 20;

    // Immutable
    private final BundleContext system;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    // Under the lock
    private long installCount;

    /** @param system context of the system bundle */
    FrameworkBundles(BundleContext system) {
        this.system = system;
    }

    @Override
    public Lock lock() {
        return oneAtATime;
    }

    @Override
    public Bundle installBeside(Path jar) throws BundleException {
        oneAtATime.lock();
        try {
            Bundle bundle = install(jar);
            try {
                bundle.start();
            } catch (BundleException e) {
                removeQuietly(bundle);
                throw e;
            }
            return bundle;
        } finally {
            oneAtATime.unlock();
        }
    }

    /** The fragment makes the location unlike all others, and is nothing to who reads it. */
    private Bundle install(Path jar) throws BundleException {
        try {
            requireJar(jar);
            try (InputStream in = Files.newInputStream(jar)) {
                return system.installBundle(jar.toUri() + "#" + ++installCount, in);
            }
        } catch (IOException e) {
            throw new BundleException("it cannot be read: " + e);
        }
    }

    /** A device or a pipe would be read without end. */
    private static void requireJar(Path jar) throws BundleException, IOException {
        if (!Files.exists(jar)) {
            throw new BundleException("there is no such file");
        }
        if (!Files.isRegularFile(jar) || Files.size(jar) > JAR_BYTES_MAX) {
            throw new BundleException("it is no regular file of at most " + JAR_BYTES_MAX
                    + " bytes");
        }
    }

    private void removeQuietly(Bundle bundle) {
        try {
            remove(bundle);
        } catch (BundleException e) {
            LOG.warn("bundle {} stays: {}", bundle, e.getMessage());
        }
    }

    @Override
    public void remove(Bundle bundle) throws BundleException {
        oneAtATime.lock();
        try {
            if (bundle.getState() == Bundle.UNINSTALLED) {
                return;
            }
            CountDownLatch refreshed = new CountDownLatch(1);
            bundle.uninstall();
            system.getBundle().adapt(FrameworkWiring.class).refreshBundles(List.of(bundle),
                    _ -> refreshed.countDown());
            if (!refreshed.await(REFRESH_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("bundle {} is uninstalled, but not let go within {} s", bundle,
                        REFRESH_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            oneAtATime.unlock();
        }
    }
}
