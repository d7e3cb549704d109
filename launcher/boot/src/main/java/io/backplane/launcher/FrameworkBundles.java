package io.backplane.launcher;

import io.backplane.boot.BundleAdmission;
import io.backplane.boot.BundleChanges;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bundles of the framework. */
final class FrameworkBundles implements BundleChanges {
    private static final Logger LOG = LoggerFactory.getLogger(FrameworkBundles.class);
    private static final long REFRESH_SECONDS = 30;
    private static final long CHANGE_SECONDS = 30;
    private static final long LOCK_SECONDS = 60;
    private static final String CLASS_SUFFIX = ".class";
    private static final long JAR_BYTES_MAX = 64L << 20;

    // Immutable
    private final BundleContext system;
    /** Exclusive: a change. Shared: stops, and removals, which a stop may wait for. */
    private final ReentrantReadWriteLock oneAtATime = new ReentrantReadWriteLock();
    private final ReentrantLock oneRemovalAtATime = new ReentrantLock();

    // Under the lock
    private long installCount;

    /** @param system context of the system bundle */
    FrameworkBundles(BundleContext system) {
        this.system = system;
    }

    @Override
    public Lock lock() {
        return oneAtATime.writeLock();
    }

    @Override
    public <R> R make(boolean stopsOnly, Callable<R> change) throws Exception {
        Lock lock = stopsOnly ? oneAtATime.readLock() : oneAtATime.writeLock();
        CountDownLatch locked = new CountDownLatch(1);
        CountDownLatch made = new CountDownLatch(1);
        // A thread of its own can let go while the caller is still at it.
        Thread.ofPlatform().daemon().name("backplane-bundle-change").start(() -> {
            lock.lock();
            try {
                locked.countDown();
                if (!made.await(CHANGE_SECONDS, TimeUnit.SECONDS)) {
                    LOG.warn("a change of bundles takes longer than {} s: others go on",
                            CHANGE_SECONDS);
                }
            } catch (InterruptedException e) {
                LOG.warn("a change of bundles is no longer waited for");
            } finally {
                lock.unlock();
            }
        });
        try {
            locked.await();
            return change.call();
        } finally {
            made.countDown();
        }
    }

    @Override
    public Bundle installBeside(Path jar, String service, Collection<Bundle> leaving)
            throws BundleException {
        oneAtATime.writeLock().lock();
        try {
            ServiceReference<BundleAdmission> reference =
                    system.getServiceReference(BundleAdmission.class);
            BundleAdmission admission = reference == null ? null : system.getService(reference);
            Bundle bundle = install(jar, admission == null ? content(jar)
                    : admission.check(jar, service, leaving));
            try {
                if (admission == null) {
                    bundle.start();
                } else {
                    admission.start(bundle);
                }
            } catch (BundleException e) {
                removeQuietly(bundle);
                throw e;
            }
            loadClasses(bundle);
            return bundle;
        } finally {
            oneAtATime.writeLock().unlock();
        }
    }

    /** The fragment makes the location unlike all others, and is nothing to who reads it. */
    private Bundle install(Path jar, byte[] content) throws BundleException {
        return system.installBundle(jar.toUri() + "#" + ++installCount,
                new ByteArrayInputStream(content));
    }

    /** What is loaded and linked now need not be while requests are parked. */
    private static void loadClasses(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        if (wiring == null) { // gone again, since the framework stops
            return;
        }
        for (String path : wiring.listResources("/", "*.class",
                BundleWiring.LISTRESOURCES_RECURSE | BundleWiring.LISTRESOURCES_LOCAL)) {
            String name = path.substring(0, path.length() - CLASS_SUFFIX.length())
                    .replace('/', '.');
            try {
                Class.forName(name, true, wiring.getClassLoader());
            } catch (ClassNotFoundException | LinkageError | IllegalStateException e) {
                LOG.debug("{} of {} is not loaded ahead: {}", name, bundle, e.toString());
            }
        }
    }

    private static byte[] content(Path jar) throws BundleException {
        try {
            requireJar(jar);
            return Files.readAllBytes(jar);
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
        if (bundle.getState() == Bundle.STARTING) {
            return; // hangs, and with it would who removes it
        }
        try {
            remove(bundle);
        } catch (BundleException e) {
            LOG.warn("bundle {} stays: {}", bundle, e.getMessage());
        }
    }

    @Override
    public void remove(Bundle bundle) throws BundleException {
        Lock shared = oneAtATime.readLock();
        boolean locked = false;
        try {
            // The first attempt goes before those who wait for the end of a stop that waits for us.
            locked = shared.tryLock() || shared.tryLock(LOCK_SECONDS, TimeUnit.SECONDS);
            if (!locked) {
                throw new BundleException("another change of bundles takes longer than "
                        + LOCK_SECONDS + " s");
            }
            oneRemovalAtATime.lock();
            try {
                uninstall(bundle);
            } finally {
                oneRemovalAtATime.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (locked) {
                shared.unlock();
            }
        }
    }

    private void uninstall(Bundle bundle) throws BundleException, InterruptedException {
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
    }
}
